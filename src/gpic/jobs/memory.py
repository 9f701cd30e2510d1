"""The queue in memory, for one event loop."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Task
from gpic.jobs.queue import AWAITED, Bell, Claimed, SetAside


@dataclass(slots=True)
class Entry:
    """A task in the queue; leased when *leased_until* is set, in seconds of the machine's own clock."""

    number: int
    task: Task
    due: datetime
    fence: int = 0
    attempt: int = 0
    leased_until: float | None = None


def turn(entry: Entry) -> tuple[bool, int, datetime, int]:
    """Whose turn comes first is smallest: who lost their worker, then each kind that is awaited, then the others."""
    kind = AWAITED.index(entry.task.kind) if entry.task.kind in AWAITED else len(AWAITED)
    lost = entry.leased_until is not None
    return not lost, 0 if lost else kind, entry.due, entry.number


@dataclass(slots=True)
class MemoryQueue:
    """Tasks in a dictionary. They die with the process."""

    bell: Bell = field(default_factory=Bell)
    elapsed: Callable[[], float] = time.monotonic
    _entries: dict[int, Entry] = field(default_factory=dict)
    _aside: list[SetAside] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def enqueue(self, task: Task, due: datetime) -> None:
        """Leave *task*, to be run once it is due (world clock)."""
        self._wait(task, due, 0)
        self.bell.ring()

    async def claim(self, now: datetime, lease: timedelta, *, only_awaited: bool = False) -> Claimed | None:
        """Lease a task that lost its worker, else one that is awaited, else any; of these the one that is due longest."""
        ready = [entry for entry in self._entries.values() if self._is_ready(entry, now)]
        ready = [entry for entry in ready if entry.task.kind in AWAITED or not only_awaited]
        if not ready:
            return None
        entry = min(ready, key=turn)
        entry.fence += 1
        entry.attempt += 1
        entry.leased_until = self.elapsed() + lease.total_seconds()
        return Claimed(entry.number, entry.task, entry.fence, entry.attempt)

    async def renew(self, claimed: Claimed, lease: timedelta) -> bool:
        """Lease it for so long from now; False when it is no longer ours."""
        entry = self._ours(claimed)
        if entry:
            entry.leased_until = self.elapsed() + lease.total_seconds()
        return entry is not None

    async def finish(self, claimed: Claimed) -> None:
        """It is done."""
        if self._ours(claimed):
            del self._entries[claimed.number]

    async def postpone(self, claimed: Claimed, due: datetime, *, failed: bool = False) -> None:
        """Let it wait until *due*, joined with the same task where that already waits."""
        entry = self._ours(claimed)
        if entry is None:
            return
        del self._entries[entry.number]
        self._wait(entry.task, due, entry.attempt if failed else 0)

    async def set_aside(self, claimed: Claimed, reason: str) -> None:
        """Give it up; it is kept, with its reason, for an operator."""
        if self._ours(claimed):
            del self._entries[claimed.number]
            self._aside.append(SetAside(claimed.task, reason))

    async def given_up(self) -> tuple[SetAside, ...]:
        """The tasks that were set aside, oldest first."""
        return tuple(self._aside)

    async def replay(self, person: PersonId, due: datetime) -> int:
        """Let this person's tasks that were set aside wait again, their attempts forgotten; how many that were."""
        theirs = [one for one in self._aside if one.task.person == person]
        for one in theirs:
            self._aside.remove(one)
            self._wait(one.task, due, 0)
        self.bell.ring()
        return len(theirs)

    def tasks(self) -> list[Task]:
        """What waits or runs."""
        return [entry.task for entry in self._entries.values()]

    def _wait(self, task: Task, due: datetime, attempt: int) -> None:
        for one in self._entries.values():
            if one.task == task and one.leased_until is None:
                one.due, one.attempt = min(one.due, due), max(one.attempt, attempt)
                return
        number = next(self._numbers)
        self._entries[number] = Entry(number, task, due, attempt=attempt)

    def _ours(self, claimed: Claimed) -> Entry | None:
        entry = self._entries.get(claimed.number)
        return entry if entry and entry.leased_until is not None and entry.fence == claimed.fence else None

    def _is_ready(self, entry: Entry, now: datetime) -> bool:
        if entry.leased_until is not None:
            return entry.leased_until <= self.elapsed()
        return entry.due <= now and not self._runs_for(entry)

    def _runs_for(self, entry: Entry) -> bool:
        return any(one.leased_until is not None and one.task.person == entry.task.person for one in self._entries.values())


@dataclass(slots=True)
class MemoryPace:
    """Turns for one process. *clock* counts seconds."""

    apart: timedelta
    clock: Callable[[], float] = time.monotonic
    _next_turn: float = 0.0

    async def take(self, *, urgent: bool, patience: timedelta) -> timedelta | None:
        """How long to wait for a turn that is ours from now on; None when there is none within *patience*."""
        now = self.clock()
        turn = max(self._next_turn, now)
        if self._next_turn > now + (patience.total_seconds() if urgent else 0.0):
            return None
        self._next_turn = turn + self.apart.total_seconds()
        return timedelta(seconds=turn - now)

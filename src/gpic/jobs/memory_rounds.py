"""Rounds and backlog in memory, for one event loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import TaskKind
from gpic.credentials.rounds import Course, Round
from gpic.jobs.memory import MemoryQueue


@dataclass(slots=True)
class MemoryRounds:
    """Rounds in a dictionary."""

    elapsed: Callable[[], float] = time.monotonic
    _rounds: dict[str, Round] = field(default_factory=dict)
    _leased: dict[str, float] = field(default_factory=dict)

    async def begin(self, new: Round) -> bool:
        """Open a round; False when one of this name is not over yet."""
        there = self._rounds.get(new.name)
        if there is not None and there.course is not Course.OVER:
            return False
        self._rounds[new.name] = new
        self._leased.pop(new.name, None)
        return True

    async def take(self, lease: timedelta) -> Round | None:
        """The round that is under way longest and that nobody else walks, ours until the lease ends."""
        now = self.elapsed()
        free = [
            one for one in self._rounds.values() if one.course is Course.UNDER_WAY and self._leased.get(one.name, now) <= now
        ]
        if not free:
            return None
        first = min(free, key=lambda one: (one.begun_at, one.name))
        self._leased[first.name] = now + lease.total_seconds()
        return first

    async def move(self, before: Round, after: Round) -> bool:
        """Store how far it has come, and let go of it; False when somebody else has moved it. A pause stays."""
        there = self._rounds.get(before.name)
        if there is None or there.course is Course.OVER or replace(there, course=before.course) != before:
            return False
        self._rounds[before.name] = after if after.course is Course.OVER else replace(after, course=there.course)
        self._leased.pop(before.name, None)
        return True

    async def switch(self, name: str, course: Course) -> bool:
        """Pause a round, or let it go on; False when there is none of this name that is not over."""
        there = self._rounds.get(name)
        if there is None or there.course is Course.OVER:
            return False
        self._rounds[name] = replace(there, course=course)
        return True

    async def all(self) -> Sequence[Round]:
        """Every round that is known, the latest first."""
        return sorted(self._rounds.values(), key=lambda one: (-one.begun_at.timestamp(), one.name))


@dataclass(frozen=True, slots=True)
class MemoryBacklog:
    """Counts in the queue in memory."""

    queue: MemoryQueue

    async def waiting(self, kind: TaskKind) -> int:
        """How many tasks of this kind wait or run."""
        return sum(task.kind is kind for task in self.queue.tasks())

    async def without_task(self, persons: Sequence[PersonId]) -> Sequence[PersonId]:
        """Those of them for whom nothing waits, runs or was set aside, in the given order."""
        busy = {task.person for task in self.queue.tasks()} | {one.task.person for one in await self.queue.given_up()}
        return [person for person in persons if person not in busy]

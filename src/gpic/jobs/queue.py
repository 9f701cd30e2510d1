"""The worker's side of the queue: tasks are leased, and every lease has a fence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Jobs, Task, TaskKind

#: Somebody waits for these at a login, and for a forced check no longer than five seconds; nobody waits for the others.
AWAITED: Final = (TaskKind.CONFIRM, TaskKind.REGISTER)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task that is ours until its lease ends. *number* is the queue's own; a later lease has a higher *fence*.

    *attempt* counts the tries since the task last came to an end or asked to be run again: 1 on the first.
    """

    number: int
    task: Task
    fence: int
    attempt: int


@dataclass(frozen=True, slots=True)
class SetAside:
    """A task that nobody tries any more, and why: a stable code."""

    task: Task
    reason: str


class Bell:
    """Rings in this process when something was left in the queue; a worker elsewhere finds it when it looks."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def ring(self) -> None:
        """Tell every listener."""
        for listener in tuple(self._listeners):
            listener()

    @contextmanager
    def heard_by(self, listener: Callable[[], None]) -> Iterator[None]:
        """Call *listener* at every ring while the block runs, in the thread that rings."""
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)


class JobQueue(Jobs, Protocol):
    """The durable queue as a worker uses it. Leases run on the store's own time; due times are of the world clock.

    At most one of a task waits and at most one task of a person is leased, over all hosts. A task that is enqueued while
    it runs waits, and runs afterwards. Whoever comes with an old fence changes nothing.
    """

    @property
    def bell(self) -> Bell:
        """Rings when a task was enqueued in this process."""
        ...

    async def claim(self, now: datetime, lease: timedelta, *, only_awaited: bool = False) -> Claimed | None:
        """Lease a task that lost its worker, else one that is awaited, else any; of these the one that is due longest.

        None when there is nothing to do; with *only_awaited* nothing else is leased.
        """
        ...

    async def renew(self, claimed: Claimed, lease: timedelta) -> bool:
        """Lease it for so long from now; False when it is no longer ours."""
        ...

    async def finish(self, claimed: Claimed) -> None:
        """It is done."""
        ...

    async def postpone(self, claimed: Claimed, due: datetime, *, failed: bool = False) -> None:
        """Let it wait until *due*. After a failure its attempts go on counting, else they begin anew.

        Where the same task already waits, the two become one, at the earlier of both moments.
        """
        ...

    async def set_aside(self, claimed: Claimed, reason: str) -> None:
        """Give it up; it is kept, with its reason, for an operator."""
        ...


class WatchedQueue(JobQueue, Protocol):
    """A queue that an operator can look into."""

    async def given_up(self) -> tuple[SetAside, ...]:
        """The tasks that were set aside, oldest first."""
        ...

    async def replay(self, person: PersonId, due: datetime) -> int:
        """Let this person's tasks that were set aside wait again, their attempts forgotten; how many that were."""
        ...

"""One supplier's share of a worker: a slow one may not keep every hand from the patients of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from gpic.credentials.pauses import supplier_of
from gpic.credentials.ports import Holdings, People, Surgeries, Task, TaskKind, TaskOutcome, TryAgainAt
from gpic.nhs.clock import Clock

Run = Callable[[Task], Awaitable[TaskOutcome]]
#: How soon a task comes back that found its supplier's share taken. For a registration somebody may be waiting.
SOON: Final[Mapping[TaskKind, timedelta]] = {TaskKind.REGISTER: timedelta(seconds=1), TaskKind.RECHECK: timedelta(seconds=5)}
#: A supplier whose last task took no longer is quick: a place becomes free sooner than a task that was put off comes back.
QUICK: Final = 0.25
#: How long a quick supplier's place is waited for, and how often it is looked for meanwhile; seconds.
LONGEST_LINE: Final = 0.5
STEP: Final = 0.01
NEVER_SEEN: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Shares:
    """At most *most* tasks of one supplier's patients run at once in this worker; more come back soon (N12: no state changes).

    At a quick supplier they wait in line instead, else all that is due would be put off and fetched again and again.
    A forced check is never put off, since somebody waits for it, and FOLLOW asks PDS alone.
    """

    holdings: Holdings
    people: People
    surgeries: Surgeries
    clock: Clock  #: world
    most: int
    pause: Callable[[float], Awaitable[None]]  #: lets so many seconds pass
    elapsed: Callable[[], float]  #: seconds of a clock that only goes forward
    _running: Counter[str] = field(default_factory=Counter, repr=False)
    _took: dict[str, float] = field(default_factory=dict, repr=False)  #: a supplier's last task, in seconds

    def tasks(self, carry: Mapping[TaskKind, Run]) -> dict[TaskKind, Run]:
        """Who does what, within the shares."""
        return {kind: self._within(run, SOON[kind]) if kind in SOON else run for kind, run in carry.items()}

    def _within(self, run: Run, soon: timedelta) -> Run:
        async def within(task: Task) -> TaskOutcome:
            supplier = await self._supplier_of(task)
            if supplier and not await self._gets_a_place(supplier):
                return TryAgainAt(self.clock.now() + soon)
            self._running[supplier] += 1
            began = self.elapsed()
            try:
                return await run(task)
            finally:
                self._running[supplier] -= 1
                self._took[supplier] = self.elapsed() - began

        return within

    async def _gets_a_place(self, supplier: str) -> bool:
        """Whether there is one, or soon; a line that does not move is left, and joined by nobody until a task was quick."""
        if self._running[supplier] < self.most:
            return True
        if self._took.get(supplier, NEVER_SEEN) > QUICK:
            return False
        for _ in range(round(LONGEST_LINE / STEP)):
            await self.pause(STEP)
            if self._running[supplier] < self.most:
                return True
        self._took[supplier] = NEVER_SEEN
        return False

    async def _supplier_of(self, task: Task) -> str:
        """By what is held, else by the practice that the account knows; "" where only PDS can say, which has no share."""
        if found := supplier_of(await self.holdings.load(task.person), self.surgeries):
            return found
        person = await self.people.find(task.person)
        surgery = self.surgeries.system_of(person.practice) if person is not None and person.practice is not None else None
        return surgery.supplier if surgery is not None else ""

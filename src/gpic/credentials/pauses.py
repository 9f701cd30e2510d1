"""Suppliers whom nobody calls for a while, by an operator's word: as if they did not answer (N12), but without asking.

A login releases what is known; tasks of a paused supplier are left until it goes on, without a look at PDS.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from gpic.credentials.holding import Holding
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import Applicant, GpSystem, Holdings, Surgeries, Surgery, Task, TaskKind, TaskOutcome, TryAgainAt
from gpic.nhs.answers import AccountOpened, CheckAnswer, LinkAnswer, Retrieved, Unreachable
from gpic.nhs.clock import Clock, Clocks
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode

#: How a call that was not made is told from one that was not answered, in logs.
NOT_CALLED: Final = Unreachable(detail="paused")
#: How soon a task that was left looks whether its supplier goes on; an operator may end a pause at any time.
LOOK_AGAIN: Final = timedelta(minutes=1)
#: What calls a person's GP system and nothing else that could not wait. FOLLOW asks PDS alone, and may lead away from the
#: supplier; somebody waits for CONFIRM, and is given what is known as soon as it has not been answered.
CALLING: Final = frozenset({TaskKind.REGISTER, TaskKind.RECHECK})
#: Whose holding names the practice that was theirs, and says nothing of where they are now.
ELSEWHERE: Final = frozenset({State.EMPTY, State.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Pause:
    """A supplier, and how long (wire clock); *until* None: until an operator resumes."""

    supplier: str
    since: datetime
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it is not over yet."""
        return self.until is None or now < self.until


class Pauses(Protocol):
    """Where pauses are kept, the same for all hosts."""

    async def pause(self, pause: Pause) -> None:
        """Call this supplier no more; a pause that is there is replaced."""
        ...

    async def resume(self, supplier: str) -> bool:
        """Call it again; False where there was no pause of it, over or not."""
        ...

    async def of(self, supplier: str) -> Pause | None:
        """The supplier's pause, over or not."""
        ...

    async def all(self) -> Sequence[Pause]:
        """Every pause, over or not, in the order of the suppliers' names."""
        ...


async def is_paused(supplier: str, pauses: Pauses, clock: Clock) -> Pause | None:
    """The pause that holds now; looked up each time, so that all hosts obey from the next call on."""
    pause = await pauses.of(supplier)
    return pause if pause is not None and pause.holds(clock.now()) else None


@dataclass(frozen=True, slots=True)
class PausableSystem:
    """A supplier's system that is not called while it is paused. *clock* is the wire's."""

    inner: GpSystem
    supplier: str
    pauses: Pauses
    clock: Clock

    async def retrieve(self, applicant: Applicant) -> Retrieved:
        """Not while paused."""
        return NOT_CALLED if await self._is_paused() else await self.inner.retrieve(applicant)

    async def open_account(self, applicant: Applicant) -> AccountOpened:
        """Not while paused."""
        return NOT_CALLED if await self._is_paused() else await self.inner.open_account(applicant)

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """Not while paused."""
        return NOT_CALLED if await self._is_paused() else await self.inner.link(demographics, details)

    async def check(self, token: Im1Token, practice: OdsCode) -> CheckAnswer:
        """Not while paused."""
        return NOT_CALLED if await self._is_paused() else await self.inner.check(token, practice)

    async def verify_anew(self, applicant: Applicant) -> Retrieved:
        """Not while paused."""
        return NOT_CALLED if await self._is_paused() else await self.inner.verify_anew(applicant)

    async def _is_paused(self) -> bool:
        return await is_paused(self.supplier, self.pauses, self.clock) is not None


@dataclass(frozen=True, slots=True)
class PausableSurgeries:
    """Every system, not called while it is paused."""

    inner: Surgeries
    pauses: Pauses
    clock: Clock

    def system_of(self, practice: OdsCode) -> Surgery | None:
        """The practice's system."""
        found = self.inner.system_of(practice)
        if found is None:
            return None
        return Surgery(found.supplier, PausableSystem(found.system, found.supplier, self.pauses, self.clock))


Run = Callable[[Task], Awaitable[TaskOutcome]]


@dataclass(frozen=True, slots=True)
class LeavesPaused:
    """Leaves the tasks of a paused supplier's patients for later."""

    holdings: Holdings
    surgeries: Surgeries
    pauses: Pauses
    clocks: Clocks

    def tasks(self, carry: Mapping[TaskKind, Run]) -> dict[TaskKind, Run]:
        """Who does what, unless it is left."""
        return {kind: self._unless_paused(run) if kind in CALLING else run for kind, run in carry.items()}

    def _unless_paused(self, run: Run) -> Run:
        async def unless_paused(task: Task) -> TaskOutcome:
            supplier = supplier_of(await self.holdings.load(task.person), self.surgeries)
            pause = await is_paused(supplier, self.pauses, self.clocks.wire) if supplier else None
            return await run(task) if pause is None else self._later(pause)

        return unless_paused

    def _later(self, pause: Pause) -> TryAgainAt:
        left = LOOK_AGAIN if pause.until is None else min(LOOK_AGAIN, pause.until - self.clocks.wire.now())
        return TryAgainAt(self.clocks.world.now() + left)


def supplier_of(holding: Holding, surgeries: Surgeries) -> str:
    """Whose system the person's task would call, as far as is known without PDS; "" where only PDS can say."""
    if holding.practice is None or holding.state in ELSEWHERE:
        return ""
    surgery = surgeries.system_of(holding.practice)
    return surgery.supplier if surgery is not None else ""

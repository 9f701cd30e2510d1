"""What happens when a partner asks for a person's GP credentials (N8, N11, N14, N17, N19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gpic.credentials import changes
from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.policy import CredentialsPolicy
from gpic.credentials.ports import (
    AuditEvent,
    AuditRecord,
    Circumstances,
    Holdings,
    Jobs,
    Surgeries,
    Task,
    TaskKind,
)
from gpic.nhs.clock import Clocks
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.organisations import OdsCode


@dataclass(frozen=True, slots=True)
class Ready:
    """Details may be released."""


@dataclass(frozen=True, slots=True)
class Underway:
    """A registration runs; its result may still come in time."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """No details in this login. *reason* is a stable code."""

    reason: str


@dataclass(frozen=True, slots=True)
class SignInFirst:
    """The GP system wants a real sign-in before anything else (N17)."""


Offered = Ready | Underway | Withheld | SignInFirst


@dataclass(frozen=True, slots=True)
class Offer:
    """The engine as the provider's protocol uses it. Everything here is a local look: nobody is called (N14)."""

    holdings: Holdings
    jobs: Jobs
    surgeries: Surgeries
    clocks: Clocks
    policy: CredentialsPolicy

    async def prepare(self, circumstances: Circumstances) -> Offered:
        """Look after the details of this login: queue what must be done, say whether it is worth waiting for."""
        holding = await self.holdings.load(circumstances.person)
        if self._system_changed(holding):
            return await self._start_over(holding)
        match holding.state:
            case State.HELD:
                return await self._known(holding)
            case State.RESTRICTED if not circumstances.signed_in_now:
                return SignInFirst()
            case State.REFUSED if not self._is_due(holding):
                return Withheld(str(holding.refusal))
            case _:
                return await self._register(holding.person)

    async def progress(self, person: PersonId) -> Offered:
        """How far a registration has come, for somebody who waits."""
        holding = await self.holdings.load(person)
        match holding.state:
            case State.HELD:
                return Ready()
            case State.REFUSED if not self._is_due(holding):
                return Withheld(str(holding.refusal))
            case State.WITHDRAWN:
                return Withheld(State.WITHDRAWN)
            case _:
                return Underway()

    async def release(self, person: PersonId, client_id: str, practice: OdsCode | None) -> GpCredentials | None:
        """The details and their release record in one transaction, or None (N4, N7)."""
        return await self.holdings.release(person, client_id, self._now(), practice)

    async def _known(self, holding: Holding) -> Offered:
        """Given at once; checked in the background, unless that was done a moment ago (N14)."""
        now = self._now()
        if holding.checked_at is None or now - holding.checked_at >= self.policy.good_check:
            await self.jobs.enqueue(Task(TaskKind.RECHECK, holding.person), now)
        return Ready()

    async def _register(self, person: PersonId) -> Offered:
        await self.jobs.enqueue(Task(TaskKind.REGISTER, person), self._now())
        return Underway()

    async def _start_over(self, holding: Holding) -> Offered:
        """The practice has another system now: the old details are gone before anything else happens (N19)."""
        now = self._now()
        record = AuditRecord(now, holding.person, AuditEvent.WITHDRAWN, holding.version + 1, why="system-changed")
        await self.holdings.save(changes.left(holding), record)
        return await self._register(holding.person)

    def _system_changed(self, holding: Holding) -> bool:
        if holding.practice is None or not holding.supplier or holding.state is State.WITHDRAWN:
            return False
        surgery = self.surgeries.system_of(holding.practice)
        return surgery is not None and surgery.supplier != holding.supplier

    def _is_due(self, holding: Holding) -> bool:
        return holding.next_try_at is None or holding.next_try_at <= self._now()

    def _now(self) -> datetime:
        return self.clocks.world.now()

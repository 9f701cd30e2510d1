"""What happens when a partner asks for a person's GP credentials (N8, N11, N14, N17, N19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

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

#: Why a login goes on early when the next try comes too late for it (N12).
NO_ANSWER: Final = "no-answer"


@dataclass(frozen=True, slots=True)
class Ready:
    """Details may be released."""


@dataclass(frozen=True, slots=True)
class Underway:
    """A task is under way; its result may be waited for, no longer than *within* where that is said (N16)."""

    within: timedelta | None = None


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
            case State.HELD if await self._is_doubted(holding, circumstances):
                return await self._confirm(holding, circumstances)
            case State.HELD:
                return await self._known(holding)
            case State.RESTRICTED:
                return await self._lift(holding) if circumstances.signed_in_now else SignInFirst()
            case State.REFUSED if not self._is_due(holding):
                return Withheld(str(holding.refusal))
            case _:
                return await self._register(holding)

    async def progress(self, person: PersonId, left: timedelta | None = None) -> Offered:
        """How far a registration has come, for somebody who will wait so much longer (None: the whole of N8's wait)."""
        holding = await self.holdings.load(person)
        match holding.state:
            case State.HELD:
                return Underway(self.policy.forced_wait) if self._is_being_confirmed(holding) else Ready()
            case State.RESTRICTED if not holding.may_lift:
                return SignInFirst()
            case State.REFUSED if not self._is_due(holding):
                return Withheld(str(holding.refusal))
            case _:
                return self._worth_waiting(holding, self.policy.longest_wait if left is None else left)

    async def release(self, person: PersonId, client_id: str, practice: OdsCode | None) -> GpCredentials | None:
        """The details and their release record in one transaction, or None (N4, N7)."""
        return await self.holdings.release(person, client_id, self._now(), practice)

    async def withhold(self, person: PersonId, client_id: str, why: str) -> None:
        """Nothing is released, for a reason that lies outside of this room; written down as every refusal (N7)."""
        version = (await self.holdings.load(person)).version
        await self.holdings.note(AuditRecord(self._now(), person, AuditEvent.WITHHELD, version, client_id, why))

    async def _known(self, holding: Holding) -> Offered:
        """Given at once; checked in the background, unless that was done a moment ago (N14)."""
        now = self._now()
        if holding.checked_at is None or now - holding.checked_at >= self.policy.good_check:
            await self.jobs.enqueue(Task(TaskKind.RECHECK, holding.person), self._next_try(holding))
        return Ready()

    async def _is_doubted(self, holding: Holding, circumstances: Circumstances) -> bool:
        """N16: a partner that is back so soon tells us that the details do not work."""
        now = self._now()
        last = await self.holdings.released_at(circumstances.person, circumstances.client_id)
        if last is None or not self._is_due(holding) or changes.is_forced_enough(holding, now, self.policy):
            return False
        was_checked_since = any(moment > last for moment in (holding.checked_at, holding.registered_at) if moment)
        is_back = now - last < self.policy.forced_after_release and not was_checked_since
        wishes = circumstances.prompt_login or circumstances.asserted_by_itself
        return is_back or (wishes and now - last < self.policy.forced_by_wish)

    async def _confirm(self, holding: Holding, circumstances: Circumstances) -> Offered:
        """Let it be checked before the code, or join a check that another login has asked for (N16)."""
        now = self._now()
        if not self._is_being_confirmed(holding):
            asked = changes.asked_to_confirm(holding, now, self.policy, signed_in=circumstances.signed_in_now)
            await self.holdings.save(asked)
        await self.jobs.enqueue(Task(TaskKind.CONFIRM, holding.person), now)
        return Underway(self.policy.forced_wait)

    def _is_being_confirmed(self, holding: Holding) -> bool:
        """Whether a forced check is under way; one that nobody ended was lost, and is not waited for."""
        asked = holding.confirm_asked_at
        return asked is not None and self._now() - asked < self.policy.longest_wait

    async def _lift(self, holding: Holding) -> Offered:
        """Somebody has just signed in: a fresh verification may say so to the GP system (N17)."""
        await self.holdings.save(changes.allowed_to_lift(holding))
        return await self._register(holding)

    async def _register(self, holding: Holding) -> Offered:
        await self.jobs.enqueue(Task(TaskKind.REGISTER, holding.person), self._next_try(holding))
        return self._worth_waiting(holding, self.policy.longest_wait)

    async def _start_over(self, holding: Holding) -> Offered:
        """The practice has another system now: the old details are gone before anything else happens (N19)."""
        now = self._now()
        why = changes.Departure.SYSTEM_CHANGED
        record = AuditRecord(now, holding.person, AuditEvent.WITHDRAWN, holding.version + 1, why=why)
        withdrawn = changes.left(holding)
        await self.holdings.save(withdrawn, record)
        return await self._register(withdrawn)

    def _system_changed(self, holding: Holding) -> bool:
        if holding.practice is None or not holding.supplier or holding.state is State.WITHDRAWN:
            return False
        surgery = self.surgeries.system_of(holding.practice)
        return surgery is not None and surgery.supplier != holding.supplier

    def _next_try(self, holding: Holding) -> datetime:
        """Now, unless a system that did not answer has its pause: logins do not shorten that (N12)."""
        return max(self._now(), holding.next_try_at or self._now())

    def _worth_waiting(self, holding: Holding, left: timedelta) -> Offered:
        """Whether the next try comes within the time that is left (N8, N12)."""
        return Underway() if self._next_try(holding) - self._now() <= left else Withheld(NO_ANSWER)

    def _is_due(self, holding: Holding) -> bool:
        return holding.next_try_at is None or holding.next_try_at <= self._now()

    def _now(self) -> datetime:
        return self.clocks.world.now()

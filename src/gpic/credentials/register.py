"""Getting a person's details, from whatever point an earlier run had reached (N2, N8–N13).

    case → begin → lift (a restriction) → obtain (retrieve, else create) → link → prove

Each step saves before the next one asks, so that a run that dies is taken up where it was.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpic.credentials import changes
from gpic.credentials.desk import Desk, Ended, Merged, Moved, NotNow, Overtaken
from gpic.credentials.holding import Holding
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, Finished, Task, TaskOutcome
from gpic.credentials.whereabouts import Case, case_of
from gpic.nhs.answers import (
    Accepted,
    AlreadyLinked,
    Found,
    Linked,
    NoAccount,
    Opened,
    Reason,
    Refused,
    Rejected,
    Restricted,
    Unexpected,
    Unreachable,
)
from gpic.nhs.credentials import GpCredentials


def is_open(holding: Holding) -> bool:
    """Whether a registration starts or is taken up; a restricted one only after its owner has signed in (N17)."""
    return holding.may_lift if holding.state is State.RESTRICTED else holding.state is not State.HELD


@dataclass(frozen=True, slots=True)
class Register:
    """The task that logins wait for; at most one of a person runs."""

    desk: Desk

    async def run(self, task: Task) -> TaskOutcome:
        """Carry the person's registration as far as it goes today."""
        holding = await self.desk.holdings.load(task.person)
        if not is_open(holding) or (holding.state is State.REFUSED and not self.desk.is_due(holding)):
            return Finished()
        registration = Registration(self.desk, holding)
        try:
            return await registration.carry_on()
        except Overtaken:
            return Finished()  # whoever was faster saw something newer, and queued what is left to do


class Registration:
    """One run of one person's registration; *holding* is always what is stored."""

    def __init__(self, desk: Desk, holding: Holding) -> None:
        self.desk = desk
        self.holding = holding

    async def carry_on(self) -> TaskOutcome:
        """The steps in order; a lasting refusal ends them, a silence puts them off. Raises Overtaken."""
        try:
            case = await case_of(self.holding.person, self.desk)
            await self.begin(case)
            await self.lift(case)
            await self.obtain(case)
            await self.link(case)
            await self.prove(case)
        except Ended as end:
            await self.end(end.reason)
        except Merged as merger:
            self.holding = await self.desk.hand_over(self.holding, merger.survivor)
        except Moved:
            await self.desk.register_soon(self.holding.person)
            self.holding = await self.desk.withdraw(self.holding, changes.Departure.PRACTICE_CHANGED)
        except NotNow as silence:
            return await self.desk.later(self.holding, silence.silence)
        return Finished()

    async def begin(self, case: Case) -> None:
        """Say that it runs, and forget what belonged to another practice or system."""
        begun = changes.begun(self.holding, case.applicant.practice, case.supplier)
        if begun != self.holding:
            self.holding = await self.desk.save(begun)

    async def lift(self, case: Case) -> None:
        """A fresh verification with the new sign-in's identity token; what it returns replaces ours (N17)."""
        if self.holding.state is not State.RESTRICTED:
            return
        match await case.system.verify_anew(case.applicant):
            case Found(details):
                self._refuse_rejected(details)
                self.holding = await self.desk.save(changes.lifted(self.holding, details), AuditEvent.CHECKED, "lifted")
            case NoAccount():
                self.holding = await self.desk.save(changes.token_rejected(self.holding), AuditEvent.REJECTED, "no-account")
            case Refused(reason):
                raise Ended(reason)
            case Unreachable() | Unexpected() as silence:
                raise NotNow(silence)

    async def obtain(self, case: Case) -> None:
        """Details, kept unproved before anything is done with them (N8)."""
        if self.holding.details is not None:
            return
        if self._has_had_enough():
            raise Ended(Reason.TOO_MANY)
        details = await self._retrieved(case)
        if details is None and self.holding.token is None:
            details = await self._created(case)
        if details is None:
            raise NotNow(Unexpected("account-without-details"))  # we opened it, so another is not opened; it will show
        self._refuse_rejected(details)
        self.holding = await self.desk.save(changes.stored(self.holding, details, self.desk.now(), self.desk.policy))

    async def link(self, case: Case) -> None:
        """The own token, unless creating the account gave one; "already linked" goes without (N10)."""
        details = self.holding.details
        if self.holding.token is not None or details is None:
            return
        match await case.system.link(case.applicant.demographics, details):
            case Linked(token):
                self.holding = await self.desk.save(changes.tokened(self.holding, token))
            case AlreadyLinked():
                pass
            case Rejected(reason):
                self.holding = await self.desk.save(changes.key_rejected(self.holding), AuditEvent.REJECTED, reason)
                raise Ended(reason)
            case Refused(reason):
                raise Ended(reason)
            case Unreachable() | Unexpected() as silence:
                raise NotNow(silence)

    async def prove(self, case: Case) -> None:
        """The right patient, by a session of our own; without a token the retrieve by number was the proof (N2)."""
        if self.holding.token is None:
            await self._hold("by-retrieve", case)
            return
        match await case.system.check(self.holding.token, case.applicant.practice):
            case Accepted(shown) if case.numbers & shown.nhs_numbers:
                await self._hold("by-session", case)
            case Accepted():
                await erase_wrong_patient(self.holding, self.desk)
            case Restricted():
                self.holding = await self.desk.save(changes.restricted(self.holding), AuditEvent.CHECKED, "restricted")
            case Rejected(reason):
                self.holding = await self.desk.save(changes.without_token(self.holding), AuditEvent.REJECTED, reason)
                raise Ended(reason)
            case Refused(reason):
                raise Ended(reason)
            case Unreachable() | Unexpected() as silence:
                raise NotNow(silence)

    async def end(self, reason: Reason) -> None:
        """A lasting refusal: the reason and the next try are kept (N11)."""
        self.holding = await self.desk.save(
            changes.refused(self.holding, reason, self.desk.now(), self.desk.policy), AuditEvent.REFUSED, reason
        )

    async def _retrieved(self, case: Case) -> GpCredentials | None:
        """The details of an account that exists; None when there is none."""
        match await case.system.retrieve(case.applicant):
            case Found(details):
                return details
            case NoAccount():
                return None
            case Refused(reason):
                raise Ended(reason)
            case Unreachable() | Unexpected() as silence:
                raise NotNow(silence)

    async def _created(self, case: Case) -> GpCredentials | None:
        """A new account's details, None where they do not show yet; its token is kept before anything else is asked (N10)."""
        match await case.system.open_account(case.applicant):
            case Opened(token, details):
                self.holding = await self.desk.save(changes.tokened(self.holding, token))
                return details or await self._retrieved(case)
            case Refused(Reason.ACCOUNT_EXISTS as reason):
                details = await self._retrieved(case)  # an earlier run, or somebody else, was faster
                if details is None:
                    raise Ended(reason)
                return details
            case Refused(reason):
                raise Ended(reason)
            case Unreachable() | Unexpected() as silence:
                raise NotNow(silence)

    async def _hold(self, how: str, case: Case) -> None:
        """From here it may be released, unless the person has moved while systems were asked (N8)."""
        person = await self.desk.people.find(self.holding.person)
        if person is None or person.practice != case.applicant.practice:
            raise Moved
        self.holding = await self.desk.save(changes.proved(self.holding, self.desk.now()), AuditEvent.REGISTERED, how)

    def _refuse_rejected(self, details: GpCredentials) -> None:
        """Details that a system has rejected are never presented or released again (N13)."""
        if details.fingerprint in self.holding.rejected:
            raise Ended(Reason.KEY_INVALID)

    def _has_had_enough(self) -> bool:
        recent = changes.recent(self.holding, self.desk.now(), self.desk.policy)
        return len(recent) >= self.desk.policy.most_registrations


async def erase_wrong_patient(holding: Holding, desk: Desk) -> Holding:
    """Details and token go in one step, and somebody is told: this is the worst that can happen here (N2)."""
    erased = await desk.save(
        changes.wrong_patient(holding, desk.now(), desk.policy), AuditEvent.WRONG_PATIENT, Reason.WRONG_PATIENT
    )
    desk.alarms.wrong_patient(holding.person)
    return erased

"""The forced check: a partner that is back too soon says that the details do not work (N16).

It opens a session with the own token, where there is one, retrieves the details again, and compares.
"""

from __future__ import annotations

from dataclasses import dataclass

from gpic.credentials import changes
from gpic.credentials.changes import Departure
from gpic.credentials.desk import Desk, Ended, Merged, NotNow, Overtaken
from gpic.credentials.holding import Holding
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, Finished, Task, TaskKind, TaskOutcome
from gpic.credentials.register import erase_wrong_patient
from gpic.credentials.whereabouts import Case, case_of
from gpic.nhs.answers import (
    Accepted,
    Found,
    NoAccount,
    Reason,
    Refused,
    Rejected,
    Restricted,
    Unexpected,
    Unreachable,
)


class Doubtful(Exception):
    """Token or details do not work any more: register anew (N15)."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Confirm:
    """The task that a login awaits; at most one of a person runs."""

    desk: Desk

    async def run(self, task: Task) -> TaskOutcome:
        """Check once, and say what came of it: confirmed, replaced, restricted, or no answer."""
        holding = await self.desk.holdings.load(task.person)
        if holding.state is not State.HELD:
            return Finished()
        try:
            return await self._compare(holding)
        except Overtaken:
            return Finished()

    async def _compare(self, holding: Holding) -> TaskOutcome:
        try:
            case = await case_of(holding.person, self.desk)
            if (case.applicant.practice, case.supplier) != (holding.practice, holding.supplier):
                await self.desk.register_soon(holding.person)
                await self.desk.withdraw(holding, Departure.PRACTICE_CHANGED)
                return Finished()
            if await self._session_opens(holding, case):
                await self._details_are_the_same(holding, case)
                await self.desk.save(changes.checked(holding, self.desk.now()), AuditEvent.CHECKED, "confirmed")
        except (Ended, Doubtful) as doubt:
            await self.desk.register_soon(holding.person)
            await self.desk.save(changes.token_rejected(holding), AuditEvent.REJECTED, doubt.reason)
        except Merged as merger:
            await self.desk.hand_over(holding, merger.survivor)
        except NotNow as silence:
            # Given all the same, and looked at in the background: an outage keeps nobody from their details (N12).
            later = await self.desk.later(holding, silence.silence)
            await self.desk.jobs.enqueue(Task(TaskKind.RECHECK, holding.person), later.when)
        return Finished()

    async def _session_opens(self, holding: Holding, case: Case) -> bool:
        """Whether the own token opens a session of the right patient; without a token there is none to open."""
        if holding.token is None:
            return True
        match await case.system.check(holding.token, case.applicant.practice):
            case Accepted(shown) if case.numbers & shown.nhs_numbers:
                return True
            case Accepted():
                await erase_wrong_patient(holding, self.desk)
            case Restricted():
                if holding.may_lift:
                    await self.desk.register_soon(holding.person)
                await self.desk.save(changes.restricted(holding, signed_in=holding.may_lift), AuditEvent.CHECKED, "restricted")
            case Rejected(reason) | Refused(reason):
                raise Doubtful(reason)
            case Unreachable() | Unexpected() as silence:
                raise NotNow(silence)
        return False

    async def _details_are_the_same(self, holding: Holding, case: Case) -> None:
        match await case.system.retrieve(case.applicant):
            case Found(details) if details == holding.details:
                return
            case Found():
                raise Doubtful(Reason.KEY_INVALID)
            case NoAccount():
                raise Doubtful(Reason.ACCOUNT_UNKNOWN)
            case Refused(reason):
                raise Doubtful(reason)
            case Unreachable() | Unexpected() as silence:
                raise NotNow(silence)

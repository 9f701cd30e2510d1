"""Checking details in the background, so that a known person's login waits for nobody (N14, N15, N21)."""

from __future__ import annotations

from dataclasses import dataclass

from gpic.credentials import changes
from gpic.credentials.changes import Departure
from gpic.credentials.desk import Desk, Ended, Merged, NotNow, Overtaken
from gpic.credentials.holding import Holding
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, Finished, Task, TaskOutcome
from gpic.credentials.register import erase_wrong_patient
from gpic.credentials.whereabouts import case_of
from gpic.nhs.answers import (
    Accepted,
    CheckAnswer,
    Found,
    NoAccount,
    Reason,
    Refused,
    Rejected,
    Restricted,
    Retrieved,
    Unexpected,
    Unreachable,
)
from gpic.nhs.numbers import NhsNumber


@dataclass(frozen=True, slots=True)
class Recheck:
    """The task that a login of a known person leaves behind."""

    desk: Desk

    async def run(self, task: Task) -> TaskOutcome:
        """Check once; whatever was held differently meanwhile makes the result void."""
        holding = await self.desk.holdings.load(task.person)
        person = await self.desk.people.find(task.person)
        if holding.state is not State.HELD or holding.practice is None or person is None:
            return Finished()
        surgery = self.desk.surgeries.system_of(holding.practice)
        try:
            if surgery is None or surgery.supplier != holding.supplier:
                return await self._start_over(holding, Departure.SYSTEM_CHANGED)
            if holding.token is None:
                return await self._by_retrieve(holding)
            answer = await surgery.system.check(holding.token, holding.practice)
            return await self._after_check(holding, answer, person.numbers)
        except Overtaken:
            return Finished()

    async def _after_check(self, holding: Holding, answer: CheckAnswer, numbers: frozenset[NhsNumber]) -> TaskOutcome:
        match answer:
            case Accepted(shown) if numbers & shown.nhs_numbers:
                await self.desk.save(changes.checked(holding, self.desk.now()), AuditEvent.CHECKED, "accepted")
            case Accepted():
                await erase_wrong_patient(holding, self.desk)
            case Restricted():
                await self.desk.save(changes.restricted(holding), AuditEvent.CHECKED, "restricted")
            case Rejected(reason) | Refused(reason):
                return await self._rejected(holding, reason)
            case Unreachable() | Unexpected() as silence:
                return await self.desk.later(holding, silence)
        return Finished()

    async def _by_retrieve(self, holding: Holding) -> TaskOutcome:
        """Without an own token: the details are fetched again by the person's own number, and compared (N10)."""
        try:
            case = await case_of(holding.person, self.desk)
        except NotNow as silence:
            return await self.desk.later(holding, silence.silence)
        except Merged as merger:
            await self.desk.hand_over(holding, merger.survivor)
            return Finished()
        except Ended as end:
            return await self._rejected(holding, end.reason)
        if (case.applicant.practice, case.supplier) != (holding.practice, holding.supplier):
            return await self._start_over(holding, Departure.PRACTICE_CHANGED)
        return await self._after_retrieve(holding, await case.system.retrieve(case.applicant))

    async def _after_retrieve(self, holding: Holding, answer: Retrieved) -> TaskOutcome:
        match answer:
            case Found(details) if details == holding.details:
                await self.desk.save(changes.checked(holding, self.desk.now()), AuditEvent.CHECKED, "same-details")
            case Found() | NoAccount():
                return await self._rejected(holding, Reason.KEY_INVALID)
            case Refused(reason):
                return await self._rejected(holding, reason)
            case Unreachable() | Unexpected() as silence:
                return await self.desk.later(holding, silence)
        return Finished()

    async def _rejected(self, holding: Holding, reason: Reason) -> TaskOutcome:
        """Stop releasing, then fetch anew (N13, N15, N21)."""
        await self.desk.register_soon(holding.person)
        await self.desk.save(changes.token_rejected(holding), AuditEvent.REJECTED, reason)
        return Finished()

    async def _start_over(self, holding: Holding, why: Departure) -> TaskOutcome:
        """What is held is of another practice or system (N18, N19)."""
        await self.desk.register_soon(holding.person)
        await self.desk.withdraw(holding, why)
        return Finished()

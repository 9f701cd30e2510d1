"""Following a person whom PDS shows elsewhere, or nowhere any more (N18, N19, N20, N22)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gpic.credentials.changes import Departure
from gpic.credentials.desk import Desk, Overtaken
from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import (
    Finished,
    NotOnPds,
    PracticeFound,
    Releases,
    Surgeries,
    Task,
    TaskOutcome,
    TryAgainAt,
)
from gpic.credentials.withdraw import NOTHING_HELD
from gpic.nhs.answers import Unreachable
from gpic.nhs.organisations import OdsCode


@dataclass(frozen=True, slots=True)
class Stay:
    """What is held is of the practice and system that they have, or PDS does not say otherwise."""


@dataclass(frozen=True, slots=True)
class Leave:
    """They have no practice to be registered at: withdraw."""

    why: Departure


@dataclass(frozen=True, slots=True)
class Move:
    """They are registered at *practice* now, with a system of its own: withdraw, and register there."""

    practice: OdsCode
    why: Departure


Step = Stay | Leave | Move


class Registration(Protocol):
    """What is held of somebody, as far as following them goes; a whole `Holding` is one."""

    @property
    def state(self) -> State:
        """Where it stands."""
        ...

    @property
    def practice(self) -> OdsCode | None:
        """Where it is, or was last tried."""
        ...

    @property
    def supplier(self) -> str:
        """Whose system it is in."""
        ...


def decide(held: Registration, known: OdsCode | None, answer: PracticeFound | NotOnPds, surgeries: Surgeries) -> Step:
    """What PDS's answer means for what is held; *known* is the practice that the account says."""
    if held.state in NOTHING_HELD:
        return Stay()
    if isinstance(answer, NotOnPds):
        return Leave(Departure.NOT_ON_PDS)
    if answer.deceased:
        return Leave(Departure.DIED)
    if answer.practice is None:
        return Stay()  # a restricted record names none, which is no proof of having left
    return _compare(answer.practice, held, known, surgeries)


def _compare(shown: OdsCode, held: Registration, known: OdsCode | None, surgeries: Surgeries) -> Step:
    """Another practice, or another system at the same."""
    if shown != (held.practice or known):
        return Move(shown, Departure.PRACTICE_CHANGED)
    if held.practice is not None and supplier_of(shown, surgeries) != held.supplier:
        return Move(shown, Departure.SYSTEM_CHANGED)
    return Stay()


def supplier_of(practice: OdsCode, surgeries: Surgeries) -> str | None:
    """Whose system the practice has; None when nobody we know serves it."""
    surgery = surgeries.system_of(practice)
    return surgery.supplier if surgery else None


@dataclass(frozen=True, slots=True)
class Follow:
    """The task that an event of PDS, a periodic look or a merger of practices leaves for one person."""

    desk: Desk
    releases: Releases

    async def run(self, task: Task) -> TaskOutcome:
        """Look once; what somebody else changed meanwhile is looked at again."""
        try:
            return await self._look(task.person)
        except Overtaken:
            return TryAgainAt(self.desk.now())

    async def _look(self, person_id: PersonId) -> TaskOutcome:
        holding = await self.desk.holdings.load(person_id)
        person = await self.desk.people.find(person_id)
        if person is None or holding.state in NOTHING_HELD:
            return Finished()  # the next registration asks PDS itself; so may somebody whose death was undone
        answer = await self.desk.pds.look_up(person.nhs_number)
        if isinstance(answer, Unreachable):
            return await self.desk.later(holding, answer)
        if isinstance(answer, PracticeFound) and answer.nhs_number != person.nhs_number:
            survivor = await self.desk.people.note_number(person_id, answer.nhs_number)
            if survivor != person_id:
                await self.desk.hand_over(holding, survivor)
                return Finished()
        await self._take(decide(holding, person.practice, answer, self.desk.surgeries), holding)
        return Finished()

    async def _take(self, step: Step, holding: Holding) -> None:
        """Withdraw at once; who used it lately is registered at the new practice without being asked to log in (N18)."""
        if isinstance(step, Leave):
            await self.desk.withdraw(holding, step.why)
        elif isinstance(step, Move):
            if await self._was_used_lately(holding.person):
                await self.desk.register_soon(holding.person)
            await self.desk.withdraw(holding, step.why)
            await self.desk.people.note_practice(holding.person, step.practice)

    async def _was_used_lately(self, person: PersonId) -> bool:
        last = await self.releases.last_released_at(person)
        return last is not None and self.desk.now() - last <= self.desk.policy.recent_use

"""Rounds: walks over many persons, whose place is kept, so that they can be paused and outlive every worker (N18–N20).

The periodic round asks PDS about everybody, whoever was active last first, and leaves a task only for those whom PDS
shows elsewhere. A round of certain practices leaves a task for everybody who is held there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from gpic.credentials.follow import Stay, decide
from gpic.credentials.holding import PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import Jobs, Pds, PracticeFound, Surgeries, Task, TaskKind
from gpic.nhs.answers import Unreachable
from gpic.nhs.clock import Clocks
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode

#: The round over everybody.
PERIODIC: Final = "periodic"
#: Comes before every id.
BEFORE_ALL: Final = PersonId("")


class Course(StrEnum):
    """How a round stands."""

    UNDER_WAY = "under-way"
    PAUSED = "paused"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Place:
    """How far a round has come. *released_at* None: among those of whom nothing was ever released, who come last."""

    released_at: datetime | None
    person: PersonId


@dataclass(frozen=True, slots=True)
class Round:
    """One walk. Without *practices* it is over everybody of whom anything is held."""

    name: str
    begun_at: datetime
    practices: frozenset[OdsCode] = frozenset()
    why: str = ""  #: an operator's or our own word: a stable code
    expected: int = 0  #: how many persons it was about when it began
    course: Course = Course.UNDER_WAY
    after: Place | None = None
    passed: int = 0
    found: int = 0  #: for how many of them a task was left
    over_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """What a round sees of one person."""

    place: Place
    nhs_number: NhsNumber | None
    practice: OdsCode | None
    supplier: str
    state: State
    registered_at: datetime | None

    @property
    def person(self) -> PersonId:
        """Whom it is about."""
        return self.place.person


class Census(Protocol):
    """Looks over many persons, in pages. Withdrawn and empty holdings are left out: there is nothing to follow."""

    async def page(self, practices: frozenset[OdsCode], after: Place | None, size: int) -> Sequence[Passed]:
        """The next persons: who was active last comes first; an empty page is the end."""
        ...

    async def count(self, practices: frozenset[OdsCode]) -> int:
        """How many persons such a round is about now."""
        ...

    async def unfinished(self, after: PersonId, size: int) -> Sequence[PersonId]:
        """Persons whose registration is under way, in the order of their ids."""
        ...


class Rounds(Protocol):
    """Where the rounds stand. One round is walked by one worker at a time."""

    async def begin(self, new: Round) -> bool:
        """Open a round; False when one of this name is not over yet."""
        ...

    async def take(self, lease: timedelta) -> Round | None:
        """The round that is under way longest and that nobody else walks, ours until the lease ends."""
        ...

    async def move(self, before: Round, after: Round) -> bool:
        """Store how far it has come, and let go of it; False when somebody else has moved it. A pause stays."""
        ...

    async def switch(self, name: str, course: Course) -> bool:
        """Pause a round, or let it go on; False when there is none of this name that is not over."""
        ...

    async def all(self) -> Sequence[Round]:
        """Every round that is known, the latest first."""
        ...


class Backlog(Protocol):
    """What of the queue a round must know."""

    async def waiting(self, kind: TaskKind) -> int:
        """How many tasks of this kind wait or run."""
        ...

    async def without_task(self, persons: Sequence[PersonId]) -> Sequence[PersonId]:
        """Those of them for whom nothing waits, runs or was set aside, in the given order."""
        ...


@dataclass(frozen=True, slots=True)
class RoundsPolicy:
    """The pace of rounds."""

    page: int = 200  #: persons at a time
    most_waiting: int = 200  #: follow-up tasks that may wait before a round goes on
    lease: timedelta = timedelta(minutes=5)
    every: timedelta = timedelta(days=7)  #: the periodic round begins anew so long after it began
    fresh: timedelta = timedelta(days=7)  #: who was registered within it was on PDS then


@dataclass(frozen=True, slots=True)
class Walker:
    """Carries rounds on, a page at a time. A page that is lost half-way is walked again, which does no harm."""

    rounds: Rounds
    census: Census
    backlog: Backlog
    jobs: Jobs
    pds: Pds
    surgeries: Surgeries
    clocks: Clocks
    policy: RoundsPolicy = field(default_factory=RoundsPolicy)

    async def begin_periodic(self) -> bool:
        """Begin the periodic round when it is time."""
        now = self._now()
        last = next((one for one in await self.rounds.all() if one.name == PERIODIC), None)
        if last is not None and (last.course is not Course.OVER or now - last.begun_at < self.policy.every):
            return False
        return await self.begin(PERIODIC, frozenset(), why=PERIODIC)

    async def begin(self, name: str, practices: frozenset[OdsCode], *, why: str) -> bool:
        """Begin a round; False when one of this name is under way."""
        expected = await self.census.count(practices)
        return await self.rounds.begin(Round(name, self._now(), practices, why, expected))

    async def carry_on(self) -> bool:
        """Walk one page of one round; False when there is nothing to walk, or too much waits already (N20)."""
        if await self.backlog.waiting(TaskKind.FOLLOW) >= self.policy.most_waiting:
            return False
        one = await self.rounds.take(self.policy.lease)
        if one is None:
            return False
        page = await self.census.page(one.practices, one.after, self.policy.page)
        found = [who for who in page if await self._is_to_be_followed(one, who)]
        for who in found:
            await self.jobs.enqueue(Task(TaskKind.FOLLOW, who.person), self._now())
        return await self.rounds.move(one, self._moved(one, page, len(found)))

    def _moved(self, one: Round, page: Sequence[Passed], found: int) -> Round:
        if not page:
            return replace(one, course=Course.OVER, over_at=self._now())
        return replace(one, after=page[-1].place, passed=one.passed + len(page), found=one.found + found)

    async def _is_to_be_followed(self, one: Round, who: Passed) -> bool:
        """Whether a task is to be left. One that meets silence is as patient as N12 wants, and holds nobody else up."""
        if one.practices:
            return True
        if who.nhs_number is None or self._is_fresh(who):
            return False
        answer = await self.pds.look_up(who.nhs_number)
        if isinstance(answer, Unreachable):
            return True
        is_renumbered = isinstance(answer, PracticeFound) and answer.nhs_number != who.nhs_number
        return is_renumbered or decide(who, who.practice, answer, self.surgeries) != Stay()

    def _is_fresh(self, who: Passed) -> bool:
        return who.registered_at is not None and self._now() - who.registered_at < self.policy.fresh

    def _now(self) -> datetime:
        return self.clocks.world.now()


@dataclass(frozen=True, slots=True)
class Sweep:
    """Nobody is without a next step: a registration whose task was lost is queued again (N8).

    The engine leaves a task before it stores what makes one necessary, so this finds something only where a database was
    put back from a backup or an operator has removed tasks.
    """

    census: Census
    backlog: Backlog
    jobs: Jobs
    clocks: Clocks
    size: int = 500

    async def run(self) -> int:
        """Look through everybody under way; for how many a task was left."""
        after, left = BEFORE_ALL, 0
        while persons := await self.census.unfinished(after, self.size):
            for person in await self.backlog.without_task(persons):
                await self.jobs.enqueue(Task(TaskKind.REGISTER, person), self.clocks.world.now())
                left += 1
            after = persons[-1]
        return left

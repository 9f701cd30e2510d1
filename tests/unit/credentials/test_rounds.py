"""Rounds over many persons, on the stores in memory and a PDS that is counted (N18–N20)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import NotOnPds, PracticeFound, Surgery, Task, TaskKind
from gpic.credentials.rounds import PERIODIC, Course, Round, RoundsPolicy, Sweep, Walker
from gpic.jobs.memory import MemoryQueue
from gpic.jobs.memory_rounds import MemoryBacklog, MemoryRounds
from gpic.nhs.answers import Unreachable
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, SignInSecrets
from gpic.storage.provider import memory
from tests.unit.credentials.surgery import DOWN, ELSEWHERE, NAME, NOW, PRACTICE, Practice

pytestmark = pytest.mark.anyio

LONG_AGO = NOW - timedelta(days=30)
EVERYBODY: frozenset[OdsCode] = frozenset()


def number_of(position: int) -> NhsNumber:
    """A valid number of the never-issued range."""
    first = f"99{position:07d}"
    check = (11 - sum(int(digit) * weight for digit, weight in zip(first, range(10, 1, -1), strict=True)) % 11) % 11
    return number_of(position + 500_000) if check == 10 else NhsNumber(first + str(check))


@dataclass
class Land:
    """Some people, what PDS says of each, and a walker."""

    clock: MovableClock = field(default_factory=lambda: MovableClock(NOW))
    policy: RoundsPolicy = field(default_factory=lambda: RoundsPolicy(page=2))
    supplier: str = "emis"
    answers: dict[NhsNumber, PracticeFound | NotOnPds | Unreachable] = field(default_factory=dict)
    asked: list[NhsNumber] = field(default_factory=list)

    def __post_init__(self) -> None:
        clocks = Clocks(self.clock, self.clock)
        self.cabinets, self.queue, self.rounds = memory.cabinets(clocks), MemoryQueue(), MemoryRounds()
        backlog = MemoryBacklog(self.queue)
        self.walker = Walker(self.rounds, self.cabinets.census, backlog, self.queue, self, self, clocks, self.policy)
        self.sweep = Sweep(self.cabinets.census, backlog, self.queue, clocks, size=2)

    async def look_up(self, nhs_number: NhsNumber) -> PracticeFound | NotOnPds | Unreachable:
        """What PDS says: registered where they were, unless told otherwise."""
        self.asked.append(nhs_number)
        return self.answers.get(nhs_number, PracticeFound(nhs_number, PRACTICE, NAME))

    def system_of(self, practice: OdsCode) -> Surgery | None:
        """One system everywhere."""
        assert practice in {PRACTICE, ELSEWHERE}
        return Surgery(self.supplier, Practice())

    async def settle(self, position: int, *, state: State = State.HELD, **changes: object) -> PersonId:
        """Somebody who was registered long ago."""
        person, number = PersonId(f"person-{position}"), number_of(position)
        account = Account(
            person, person, f"{position}@example.org", "", ProofingLevel.P9, number, "A", "B", "1980-01-01", PRACTICE
        )
        await self.cabinets.accounts.put(account, SignInSecrets("hash"))
        details = GpCredentials("1", PRACTICE, Secret("key")) if state is State.HELD else None
        held = Holding(person, state, supplier="emis", practice=PRACTICE, details=details, registered_at=LONG_AGO)
        await self.cabinets.holdings.save(replace(held, **changes))  # type: ignore[arg-type]
        return person

    async def walk(self, most: int = 50) -> int:
        """Carry on until there is nothing more to walk; how often that was."""
        for times in range(most):
            if not await self.walker.carry_on():
                return times
        raise AssertionError("the walk does not end")

    @property
    def followed(self) -> list[str]:
        """For whom a task was left."""
        return [task.person for task in self.queue.tasks() if task.kind is TaskKind.FOLLOW]

    async def round(self, name: str = PERIODIC) -> Round:
        """How it stands."""
        return next(one for one in await self.rounds.all() if one.name == name)


async def test_a_round_leaves_a_task_for_whom_pds_shows_elsewhere() -> None:
    """N18, N22, J7: moved, died, gone from PDS, renumbered; everybody else is left alone."""
    land = Land()
    for position in range(7):
        await land.settle(position)
    numbers = [number_of(position) for position in range(7)]
    land.answers = {
        numbers[1]: PracticeFound(numbers[1], ELSEWHERE, NAME),
        numbers[2]: PracticeFound(numbers[2], None, NAME, deceased=True),
        numbers[3]: NotOnPds(),
        numbers[4]: PracticeFound(number_of(99), PRACTICE, NAME),
        numbers[5]: PracticeFound(numbers[5], None, None),
    }

    assert await land.walker.begin_periodic()
    assert 5 == await land.walk()

    assert ["person-1", "person-2", "person-3", "person-4"] == land.followed
    assert numbers == land.asked
    ended = await land.round()
    assert (7, 7, 4, Course.OVER, NOW) == (ended.expected, ended.passed, ended.found, ended.course, ended.over_at)


async def test_who_was_just_registered_was_on_pds_then() -> None:
    """N18: the look is for those not seen for long."""
    land = Land()
    await land.settle(1, registered_at=NOW - timedelta(days=7))
    await land.settle(2, registered_at=NOW - timedelta(days=7) + timedelta(microseconds=1))
    await land.settle(3, registered_at=None)
    await land.walker.begin_periodic()
    await land.walk()

    assert ([number_of(1), number_of(3)], []) == (land.asked, land.followed)
    assert (frozenset(), PERIODIC) == ((await land.round()).practices, (await land.round()).why)


async def test_whose_practice_has_another_system_is_followed() -> None:
    """N19: also by the periodic round."""
    land = Land(supplier="tpp")
    await land.settle(1)
    await land.walker.begin_periodic()
    await land.walk()

    assert ["person-1"] == land.followed


async def test_silence_holds_nobody_up() -> None:
    """N12: who cannot be asked about is left to a task, which is patient; a PDS that is down stops the walk by its backlog."""
    land = Land(policy=RoundsPolicy(page=2, most_waiting=3))
    for position in range(9):
        await land.settle(position)
    land.answers = {number_of(position): DOWN for position in range(9)}
    await land.walker.begin_periodic()

    assert 2 == await land.walk()
    assert ["person-0", "person-1", "person-2", "person-3"] == land.followed
    assert Course.UNDER_WAY is (await land.round()).course


async def test_a_round_of_practices_asks_nobody() -> None:
    """N19, N20: a task for everybody who is held there, no more at a time than may wait."""
    land = Land(policy=RoundsPolicy(page=2, most_waiting=4))
    for position in range(5):
        await land.settle(position)
    await land.settle(7, practice=ELSEWHERE)
    assert await land.walker.begin("merger", frozenset({PRACTICE}), why="merged")

    await land.walk()
    first = land.followed
    for claimed in [await land.queue.claim(NOW, timedelta(minutes=1)) for _ in first]:
        assert claimed is not None
        await land.queue.finish(claimed)
    await land.walk()

    assert (4, ["person-4"], []) == (len(first), land.followed, land.asked)
    assert (5, 5, "merged") == (
        (await land.round("merger")).expected,
        (await land.round("merger")).found,
        (await land.round("merger")).why,
    )


async def test_the_periodic_round_begins_when_it_is_time() -> None:
    """Once in seven days; not while one is under way or paused; also when nobody is there."""
    land = Land()
    assert await land.walker.begin_periodic()
    assert not await land.walker.begin_periodic()
    land.clock.move(timedelta(days=8))
    assert not await land.walker.begin_periodic()
    await land.walk()
    assert await land.walker.begin_periodic()
    await land.walk()
    land.clock.move(timedelta(days=7) - timedelta(microseconds=1))
    assert not await land.walker.begin_periodic()
    land.clock.move(timedelta(microseconds=1))
    assert await land.walker.begin_periodic()


async def test_other_rounds_do_not_keep_the_periodic_one_from_beginning() -> None:
    """They are something else."""
    land = Land()
    await land.walker.begin("merger", frozenset({PRACTICE}), why="merged")

    assert await land.walker.begin_periodic()


async def test_a_paused_round_goes_on_where_it_was() -> None:
    """N20: pausable, resumable."""
    land = Land()
    for position in range(4):
        await land.settle(position)
    await land.walker.begin_periodic()
    await land.walker.carry_on()
    await land.rounds.switch(PERIODIC, Course.PAUSED)
    assert not await land.walker.carry_on()
    await land.rounds.switch(PERIODIC, Course.UNDER_WAY)
    await land.walk()

    assert [number_of(position) for position in range(4)] == land.asked


async def test_a_page_that_was_lost_is_walked_again() -> None:
    """A walker died with the round in its hands: another takes it when the lease ends."""
    land = Land(policy=RoundsPolicy(page=2, lease=timedelta(0)))
    await land.settle(1)
    await land.walker.begin_periodic()
    await land.rounds.take(timedelta(0))

    await land.walk()
    assert 1 == (await land.round()).passed


@settings(max_examples=40, deadline=None)
@given(st.lists(st.booleans(), max_size=9), st.integers(1, 4), st.lists(st.integers(0, 8), max_size=6))
async def test_everybody_is_passed_once(moved: list[bool], page: int, given_to: list[int]) -> None:
    """Whatever the size of a page and whoever was given: all who moved are found, and nobody is asked about twice."""
    land = Land(policy=RoundsPolicy(page=page))
    for position, has_moved in enumerate(moved):
        await land.settle(position)
        if has_moved:
            land.answers[number_of(position)] = PracticeFound(number_of(position), ELSEWHERE, NAME)
    for turn, position in enumerate(given_to):
        await land.cabinets.holdings.release(
            PersonId(f"person-{position}"), f"client-{turn}", NOW + timedelta(minutes=turn // 2), None
        )
    await land.walker.begin_periodic()
    await land.walk()

    assert {number_of(position) for position in range(len(moved))} == set(land.asked)
    assert len(moved) == len(land.asked) == (await land.round()).passed
    assert {f"person-{position}" for position, has_moved in enumerate(moved) if has_moved} == set(land.followed)


async def test_a_registration_without_a_task_gets_one() -> None:
    """N8: nobody is without a next step; who has one keeps it as it is."""
    land = Land()
    later = NOW + timedelta(hours=1)
    for position, state in enumerate([State.REGISTERING, State.UNPROVED, State.HELD, State.REGISTERING, State.REFUSED]):
        await land.settle(position, state=state)
    await land.queue.enqueue(Task(TaskKind.REGISTER, PersonId("person-3")), later)

    assert 2 == await land.sweep.run()

    assert {"person-0", "person-1", "person-3"} == {task.person for task in land.queue.tasks()}
    assert {TaskKind.REGISTER} == {task.kind for task in land.queue.tasks()}
    claimed = [await land.queue.claim(NOW, timedelta(minutes=1)) for _ in range(3)]
    assert ["person-0", "person-1", None] == [one.task.person if one else None for one in claimed]
    assert 0 == await land.sweep.run()

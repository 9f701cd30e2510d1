"""Census, rounds and backlog, in every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import Task, TaskKind
from gpic.credentials.rounds import Course, Passed, Place, Round
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, SignInSecrets
from tests.ports.conftest import Walked

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE, THERE = OdsCode("A99901"), OdsCode("B99901")
LEASE, OVER = timedelta(minutes=5), timedelta(0)
NUMBERS = [NhsNumber(digits) for digits in ("9990001138", "9000000009", "9000000017", "9000000025", "9000000033")]
EVERYBODY: frozenset[OdsCode] = frozenset()
ROUND = Round("periodic", NOW, frozenset({HERE, THERE}), "periodic", 5)


async def settle(walked: Walked, name: str, *, state: State = State.HELD, practice: OdsCode = HERE) -> PersonId:
    """Somebody with an account of whom something is held."""
    person = PersonId(name)
    number = NUMBERS[ord(name[0]) - ord("a")]
    account = Account(
        f"sub-{name}", person, f"{name}@example.org", "", ProofingLevel.P9, number, name, "A", "1980-01-01", practice
    )
    await walked.cabinets.accounts.put(account, SignInSecrets("hash"))
    details = GpCredentials("1", practice, Secret("key")) if state is State.HELD else None
    holding = Holding(person, state, supplier="emis", practice=practice, details=details, registered_at=NOW)
    await walked.cabinets.holdings.save(holding)
    return person


async def give(walked: Walked, person: PersonId, minutes: int, client_id: str = "partner") -> None:
    """A partner gets the details."""
    assert await walked.cabinets.holdings.release(person, client_id, NOW + timedelta(minutes=minutes), None)


async def walk(walked: Walked, size: int, practices: frozenset[OdsCode] = EVERYBODY) -> list[Passed]:
    """The whole walk in pages of this size."""
    seen: list[Passed] = []
    while page := await walked.cabinets.census.page(practices, seen[-1].place if seen else None, size):
        assert len(page) <= size
        seen += page
    return seen


@pytest.mark.parametrize("size", [1, 2, 10])
async def test_who_was_active_last_comes_first(walked: Walked, size: int) -> None:
    """N18: by the last release to any partner, each once; then whoever was never given to anybody, by id."""
    for name in ("anna", "bert", "cleo", "dora", "emil"):
        await settle(walked, name)
    for name, minutes, client_id in [("anna", 1, "x"), ("bert", 3, "x"), ("anna", 4, "y"), ("cleo", 3, "x"), ("anna", 2, "z")]:
        await give(walked, PersonId(name), minutes, client_id)

    seen = await walk(walked, size)

    assert ["anna", "cleo", "bert", "dora", "emil"] == [one.person for one in seen]
    assert [NOW + timedelta(minutes=4), NOW + timedelta(minutes=3)] == [one.place.released_at for one in seen[:2]]
    assert Passed(Place(None, PersonId("emil")), NUMBERS[4], HERE, "emis", State.HELD, NOW) == seen[-1]


async def test_two_releases_at_one_moment_are_one_person(walked: Walked) -> None:
    """Nobody is walked twice."""
    await settle(walked, "anna")
    await give(walked, PersonId("anna"), 1, "x")
    await give(walked, PersonId("anna"), 1, "y")

    assert 1 == len(await walk(walked, 1))


@pytest.mark.parametrize("state", [State.EMPTY, State.WITHDRAWN])
async def test_of_whom_nothing_is_held_is_left_out(walked: Walked, state: State) -> None:
    """There is nothing to follow."""
    await settle(walked, "anna", state=state)
    await settle(walked, "bert", state=State.REFUSED)

    assert ["bert"] == [one.person for one in await walk(walked, 5)]
    assert 1 == await walked.cabinets.census.count(EVERYBODY)


@pytest.mark.parametrize("size", [1, 10])
async def test_a_round_of_practices_sees_their_patients_only(walked: Walked, size: int) -> None:
    """N19, N20: by id, each once."""
    await settle(walked, "bert")
    await settle(walked, "anna")
    await settle(walked, "cleo", practice=THERE)
    await give(walked, PersonId("bert"), 1)

    assert ["anna", "bert"] == [one.person for one in await walk(walked, size, frozenset({HERE}))]
    assert [2, 3] == [await walked.cabinets.census.count(which) for which in (frozenset({HERE}), frozenset({HERE, THERE}))]


async def test_the_present_number_is_told(walked: Walked) -> None:
    """N1: after PDS gave another."""
    person = await settle(walked, "anna")
    await walked.cabinets.people.note_number(person, NUMBERS[3])

    assert [NUMBERS[3]] == [one.nhs_number for one in await walk(walked, 5)]


async def test_registrations_under_way_are_found(walked: Walked) -> None:
    """N8: in the order of ids, in pages."""
    for name, state in [("anna", State.UNPROVED), ("bert", State.REGISTERING), ("cleo", State.HELD), ("dora", State.REFUSED)]:
        await settle(walked, name, state=state)

    assert ["anna", "bert"] == list(await walked.cabinets.census.unfinished(PersonId(""), 5))
    assert ["anna"] == list(await walked.cabinets.census.unfinished(PersonId(""), 1))
    assert ["bert"] == list(await walked.cabinets.census.unfinished(PersonId("anna"), 1))


async def test_a_round_is_kept_whole(walked: Walked) -> None:
    """With every field."""
    moved = replace(ROUND, after=Place(NOW, PersonId("anna")), passed=7, found=3)
    assert await walked.rounds.begin(ROUND)
    assert ROUND == await walked.rounds.take(LEASE)
    assert await walked.rounds.move(ROUND, moved)
    assert moved == await walked.rounds.take(LEASE)
    over = replace(moved, after=Place(None, PersonId("bert")), course=Course.OVER, over_at=NOW)
    assert await walked.rounds.move(moved, over)

    assert [over] == list(await walked.rounds.all())
    assert None is await walked.rounds.take(LEASE)


async def test_a_round_begins_anew_when_it_is_over(walked: Walked) -> None:
    """And not before; nothing of the old is left."""
    over = replace(ROUND, passed=5, after=Place(NOW, PersonId("anna")), course=Course.OVER, over_at=NOW)
    anew = replace(ROUND, begun_at=NOW + timedelta(days=7), practices=EVERYBODY)
    assert await walked.rounds.begin(ROUND)
    assert not await walked.rounds.begin(anew)
    assert await walked.rounds.move(ROUND, over)

    assert await walked.rounds.begin(anew)
    assert anew == await walked.rounds.take(LEASE)


async def test_one_walker_at_a_time(walked: Walked) -> None:
    """Of many who ask one gets the round, until it lets go or its lease ends."""
    await walked.rounds.begin(ROUND)
    answers = await asyncio.gather(*(walked.rounds.take(LEASE) for _ in range(6)))
    assert [ROUND] == [one for one in answers if one]

    await walked.rounds.move(ROUND, replace(ROUND, passed=1, after=Place(None, PersonId("anna"))))
    assert await walked.rounds.take(OVER)
    assert await walked.rounds.take(LEASE)


async def test_whoever_comes_too_late_moves_nothing(walked: Walked) -> None:
    """A walker whose lease ended, after another has walked the same page; also after the round began anew."""
    moved = replace(ROUND, passed=1, after=Place(None, PersonId("anna")))
    await walked.rounds.begin(ROUND)
    assert await walked.rounds.move(ROUND, moved)

    assert not await walked.rounds.move(ROUND, moved)
    assert not await walked.rounds.move(replace(moved, begun_at=NOW + timedelta(1)), moved)
    assert [moved] == list(await walked.rounds.all())


async def test_a_pause_stays(walked: Walked) -> None:
    """N20: what is under way ends its page; then nobody walks it until it goes on, where it was."""
    moved = replace(ROUND, passed=1, after=Place(None, PersonId("anna")))
    await walked.rounds.begin(ROUND)
    taken = await walked.rounds.take(LEASE)
    assert taken is not None
    assert await walked.rounds.switch("periodic", Course.PAUSED)
    assert await walked.rounds.move(taken, moved)

    assert None is await walked.rounds.take(LEASE)
    assert [replace(moved, course=Course.PAUSED)] == list(await walked.rounds.all())
    assert await walked.rounds.switch("periodic", Course.UNDER_WAY)
    assert moved == await walked.rounds.take(LEASE)


async def test_only_what_is_not_over_can_be_paused(walked: Walked) -> None:
    """And only what there is."""
    await walked.rounds.begin(ROUND)
    await walked.rounds.move(ROUND, replace(ROUND, course=Course.OVER, over_at=NOW))

    assert not await walked.rounds.switch("periodic", Course.PAUSED)
    assert not await walked.rounds.switch("nothing", Course.PAUSED)


async def test_rounds_are_told_the_latest_first_and_walked_the_oldest_first(walked: Walked) -> None:
    """What began first ends first."""
    later = replace(ROUND, name="merger", begun_at=NOW + timedelta(1))
    await walked.rounds.begin(later)
    await walked.rounds.begin(ROUND)

    assert [later, ROUND] == list(await walked.rounds.all())
    assert [ROUND, later] == [await walked.rounds.take(LEASE), await walked.rounds.take(LEASE)]


async def test_the_backlog_counts_what_waits_or_runs(walked: Walked) -> None:
    """Of one kind; not what was set aside."""
    for name in ("anna", "bert", "cleo"):
        await walked.queue.enqueue(Task(TaskKind.FOLLOW, PersonId(name)), NOW)
    await walked.queue.enqueue(Task(TaskKind.RECHECK, PersonId("dora")), NOW)
    await walked.queue.claim(NOW, LEASE)
    poison = await walked.queue.claim(NOW, LEASE)
    assert poison is not None
    await walked.queue.set_aside(poison, "poison")

    assert (2, 1, 0) == tuple(
        [await walked.backlog.waiting(kind) for kind in (TaskKind.FOLLOW, TaskKind.RECHECK, TaskKind.REGISTER)]
    )


async def test_the_backlog_tells_for_whom_nothing_is_left(walked: Walked) -> None:
    """What was set aside waits for an operator, so it is somebody's next step."""
    await walked.queue.enqueue(Task(TaskKind.REGISTER, PersonId("anna")), NOW)
    poison = await walked.queue.claim(NOW, LEASE)
    assert poison is not None
    await walked.queue.set_aside(poison, "poison")
    await walked.queue.enqueue(Task(TaskKind.REGISTER, PersonId("cleo")), NOW)
    names = [PersonId(name) for name in ("dora", "cleo", "bert", "anna")]

    assert ["dora", "bert"] == list(await walked.backlog.without_task(names))
    assert [] == list(await walked.backlog.without_task([]))

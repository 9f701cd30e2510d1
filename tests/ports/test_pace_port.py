"""Turns at an interface with a limit, in every implementation (N20)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from gpic.demographics.turns import Pace, Turns
from gpic.jobs.memory import MemoryPace
from gpic.jobs.pace_table import PaceTable
from gpic.nhs.answers import Unreachable
from gpic.storage.provider import postgres
from gpic.storage.provider.sqlite import open_database

pytestmark = pytest.mark.anyio

APART = timedelta(seconds=1)
AT_ONCE = timedelta(0)
LONG = timedelta(minutes=1)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def pace(request: pytest.FixtureRequest) -> Iterator[Pace]:
    """Turns a second apart."""
    if request.param == "memory":
        yield MemoryPace(APART)
    elif request.param == "postgresql":
        emptied = request.getfixturevalue("emptied_postgresql")
        yield PaceTable(postgres.beside(emptied), "pds", APART)
    else:
        database = open_database(request.getfixturevalue("database_file"))
        yield PaceTable(database, "pds", APART)
        database.close()


async def urgently(pace: Pace, patience: timedelta = LONG) -> timedelta | None:
    """A login's turn, to whole seconds."""
    wait = await pace.take(urgent=True, patience=patience)
    return wait if wait is None else timedelta(seconds=round(wait.total_seconds()))


async def test_the_first_goes_at_once(pace: Pace) -> None:
    """Nobody was there before."""
    assert AT_ONCE == await urgently(pace)


async def test_turns_lie_apart(pace: Pace) -> None:
    """Ten at the same moment are spread over ten turns, each its own."""
    waits = await asyncio.gather(*(urgently(pace) for _ in range(10)))

    assert [timedelta(seconds=number) for number in range(10)] == sorted(wait for wait in waits if wait is not None)


async def test_whoever_has_no_patience_takes_no_turn(pace: Pace) -> None:
    """What comes too late is not reserved for nobody."""
    await urgently(pace)

    assert None is await urgently(pace, timedelta(milliseconds=500))
    assert timedelta(seconds=1) == await urgently(pace)


async def test_the_background_takes_only_what_is_free(pace: Pace) -> None:
    """However patient it is: it never stands before a login that comes later."""
    assert AT_ONCE == await pace.take(urgent=False, patience=LONG)
    assert None is await pace.take(urgent=False, patience=LONG)
    assert timedelta(seconds=1) == await urgently(pace)
    assert None is await pace.take(urgent=False, patience=LONG)


async def test_two_limits_are_two(database_file: object) -> None:
    """Under another name one waits for nobody."""
    database = open_database(str(database_file))
    for name in ("pds", "mns"):
        assert AT_ONCE == await PaceTable(database, name, APART).take(urgent=True, patience=LONG)
    database.close()


class Slept:
    """Notes how long somebody would have slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Go on at once."""
        self.seconds.append(round(seconds, 1))


async def test_a_login_sleeps_until_its_turn() -> None:
    """Once, and exactly so long."""
    pace, slept = MemoryPace(APART, clock=lambda: 100.0), Slept()
    turns = Turns(pace, urgent=True, patience=LONG, sleep=slept)

    assert [None, None] == [await turns.wait(), await turns.wait()]
    assert [0.0, 1.0] == slept.seconds


async def test_a_login_whose_turn_comes_too_late_gives_up_at_once() -> None:
    """N12: it hears when to come again instead of waiting for nothing."""
    pace, slept = MemoryPace(APART, clock=lambda: 100.0), Slept()
    turns = Turns(pace, urgent=True, patience=timedelta(milliseconds=900), sleep=slept)
    await turns.wait()

    assert Unreachable(timedelta(milliseconds=900), detail="no-turn") == await turns.wait()
    assert [0.0] == slept.seconds


async def test_the_background_looks_again_until_its_patience_ends() -> None:
    """N20: it gives way as long as others come, and then puts its task off."""
    pace, slept = MemoryPace(APART, clock=lambda: 100.0), Slept()
    await pace.take(urgent=True, patience=LONG)
    turns = Turns(pace, urgent=False, patience=timedelta(milliseconds=300), sleep=slept)

    assert Unreachable(timedelta(milliseconds=300), detail="no-turn") == await turns.wait()
    assert [0.1, 0.1] == slept.seconds


async def test_the_background_goes_when_a_turn_is_free() -> None:
    """N20: as soon as nobody else wants it."""
    moments = iter([100.0, 100.0, 100.5, 101.0])
    pace, slept = MemoryPace(APART, clock=lambda: next(moments)), Slept()
    await pace.take(urgent=True, patience=LONG)
    turns = Turns(pace, urgent=False, patience=LONG, sleep=slept)

    assert None is await turns.wait()
    assert [0.1, 0.1, 0.0] == slept.seconds

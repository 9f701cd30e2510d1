"""The keeper keeps rounds moving and looks after who has lost a task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials.lifecycle import State
from gpic.credentials.ports import PracticeFound
from gpic.credentials.rounds import Course
from gpic.jobs.keeper import Keeper
from gpic.nhs.organisations import OdsCode
from gpic.provider.ports import CabinetSilent
from tests.unit.credentials.surgery import ELSEWHERE, NAME
from tests.unit.credentials.test_rounds import Land, number_of

pytestmark = pytest.mark.anyio

AT_ONCE = timedelta(milliseconds=1)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for it, two seconds at the most."""
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 - what is awaited rings no bell
            await asyncio.sleep(0.001)


async def test_the_periodic_round_begins_and_ends_by_itself() -> None:
    """N18: with a task for whom PDS shows elsewhere, and one for whom it was lost."""
    land, stop = Land(), asyncio.Event()
    for position in range(5):
        await land.settle(position)
    await land.settle(6, state=State.UNPROVED)
    land.answers[number_of(3)] = PracticeFound(number_of(3), ELSEWHERE, NAME)
    running = asyncio.create_task(Keeper(land.walker, land.sweep, AT_ONCE).run(stop))
    await until(lambda: {"person-3", "person-6"} == {task.person for task in land.queue.tasks()})
    await until(lambda: any(one.course is Course.OVER for one in land.rounds._rounds.values()))
    stop.set()
    await running

    assert ["person-3"] == land.followed


async def test_a_silent_store_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    """The keeper outlives a restart of the database, and says nothing of what was asked."""
    land, stop = Land(), asyncio.Event()
    await land.settle(1)
    failures = [CabinetSilent(), CabinetSilent()]
    count = land.walker.census.count

    class Moody:
        """Silent twice."""

        page, unfinished = land.walker.census.page, land.walker.census.unfinished

        async def count(self, practices: frozenset[OdsCode]) -> int:
            """Raises first."""
            if failures:
                raise failures.pop()
            return await count(practices)

    walker = replace(land.walker, census=Moody())
    running = asyncio.create_task(Keeper(walker, land.sweep, AT_ONCE, sweep_every=timedelta(0)).run(stop))
    await until(lambda: bool(land.asked))
    stop.set()
    await running

    assert ["a round could not be walked: CabinetSilent"] * 2 == [
        one.getMessage() for one in caplog.records if one.levelname == "WARNING"
    ]


async def test_it_stops_at_once() -> None:
    """SIGTERM is not kept waiting by a pause."""
    land, stop = Land(), asyncio.Event()
    running = asyncio.create_task(Keeper(land.walker, land.sweep, timedelta(hours=1)).run(stop))
    await asyncio.sleep(0.01)
    stop.set()
    async with asyncio.timeout(1):
        await running

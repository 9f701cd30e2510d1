"""Suppliers' pauses, in every implementation: what one process writes every other reads at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gpic.credentials.pauses import Pause, Pauses
from gpic.jobs.pauses import MemoryPauses, PauseTable
from gpic.storage.provider import postgres
from gpic.storage.provider.sqlite import open_database

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
EMIS = Pause("emis", NOW, NOW + timedelta(hours=2))


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def two(request: pytest.FixtureRequest) -> Iterator[tuple[Pauses, Pauses]]:
    """The same pauses as two processes see them."""
    if request.param == "memory":
        shared = MemoryPauses()
        yield shared, shared
    elif request.param == "postgresql":
        emptied = request.getfixturevalue("emptied_postgresql")
        yield PauseTable(postgres.beside(emptied)), PauseTable(postgres.beside(emptied))
    else:
        path = request.getfixturevalue("database_file")
        first, second = open_database(path), open_database(path)
        yield PauseTable(first), PauseTable(second)
        first.close()
        second.close()


async def test_nobody_is_paused_at_first(two: tuple[Pauses, Pauses]) -> None:
    """And there is nothing to resume."""
    pauses, _ = two

    assert (None, []) == (await pauses.of("emis"), list(await pauses.all()))
    assert not await pauses.resume("emis")


async def test_a_pause_is_seen_everywhere_as_it_was_written(two: tuple[Pauses, Pauses]) -> None:
    """To the microsecond, with or without an end."""
    ours, theirs = two
    await ours.pause(Pause("tpp", NOW))
    await ours.pause(EMIS)

    assert [EMIS, Pause("tpp", NOW)] == list(await theirs.all())
    assert (EMIS, None) == (await theirs.of("emis"), await theirs.of("medicus"))


async def test_a_pause_replaces_the_one_before(two: tuple[Pauses, Pauses]) -> None:
    """Longer, shorter, or for good."""
    ours, theirs = two
    await ours.pause(EMIS)
    await theirs.pause(Pause("emis", NOW + timedelta(minutes=1)))

    assert [Pause("emis", NOW + timedelta(minutes=1))] == list(await ours.all())


async def test_of_two_who_resume_one_is_told_that_there_was_a_pause(two: tuple[Pauses, Pauses]) -> None:
    """And no other pause is touched."""
    ours, theirs = two
    await ours.pause(EMIS)
    await ours.pause(Pause("tpp", NOW))

    assert [False, True] == sorted(await asyncio.gather(ours.resume("emis"), theirs.resume("emis")))
    assert [Pause("tpp", NOW)] == list(await theirs.all())

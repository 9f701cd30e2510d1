"""How often passwords were tried, in every implementation."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gpic.provider.sign_in_limits import Limit
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
THREE = Limit(3, MINUTE, timedelta(minutes=10), timedelta(days=1))
TEN = Limit(10, MINUTE, timedelta(minutes=10), timedelta(days=1))


async def test_tries_beyond_the_free_ones_wait(cabinets: Cabinets) -> None:
    """A minute after the third, two after the fourth."""
    tried = cabinets.tried_passwords
    answers = [await tried.begin([("a", THREE)], NOW) for _ in range(4)]
    later = [await tried.begin([("a", THREE)], NOW + MINUTE) for _ in range(2)]

    assert [None, None, None, MINUTE] == answers
    assert [None, 2 * MINUTE] == later


async def test_where_one_is_paused_nothing_is_counted(cabinets: Cabinets) -> None:
    """The longer pause is told; the other's tries stay as they were."""
    tried = cabinets.tried_passwords
    for _ in range(3):
        await tried.begin([("a", THREE)], NOW)
    paused = [await tried.begin([("a", THREE), ("b", THREE)], NOW) for _ in range(5)]

    assert [MINUTE] * 5 == paused
    assert [None] * 3 == [await tried.begin([("b", THREE)], NOW) for _ in range(3)]


async def test_of_many_at_one_moment_only_the_free_ones_get_in(cabinets: Cabinets) -> None:
    """Guessing at once is guessing in a row."""
    answers = await asyncio.gather(*(cabinets.tried_passwords.begin([("a", THREE), ("b", TEN)], NOW) for _ in range(12)))

    assert 3 == answers.count(None)


async def test_what_is_forgotten_counts_no_more(cabinets: Cabinets) -> None:
    """For that one alone."""
    tried = cabinets.tried_passwords
    for what in "aab":
        await tried.begin([(what, THREE)], NOW)
    await tried.forget("a")
    await tried.forget("never seen")

    assert [None, None, None, MINUTE] == [await tried.begin([("a", THREE)], NOW) for _ in range(4)]
    assert [None, None, MINUTE] == [await tried.begin([("b", THREE)], NOW) for _ in range(3)]


async def test_one_try_can_be_taken_back(cabinets: Cabinets) -> None:
    """Never more than were made."""
    tried = cabinets.tried_passwords
    for _ in range(3):
        await tried.begin([("a", THREE)], NOW)
    await tried.take_back("a")
    await tried.take_back("never seen")

    assert [None, MINUTE] == [await tried.begin([("a", THREE)], NOW) for _ in range(2)]
    for _ in range(9):
        await tried.take_back("a")
    assert [None, None, None, MINUTE] == [await tried.begin([("a", THREE)], NOW) for _ in range(4)]


async def test_after_a_day_it_begins_anew(cabinets: Cabinets) -> None:
    """Without a try in between."""
    tried, later = cabinets.tried_passwords, NOW + timedelta(days=1)
    for _ in range(3):
        await tried.begin([("a", THREE)], NOW)

    assert [None, None, None, MINUTE] == [await tried.begin([("a", THREE)], later) for _ in range(4)]

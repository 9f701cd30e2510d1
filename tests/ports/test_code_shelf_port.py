"""Codes that wait, and how often things may be done, in every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.ports import AwaitedCode
from gpic.storage.provider.allowances import claimed
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
PHONE = Contact.phone("07700900001")
SENT = AwaitedCode("sign-in:1", PHONE, "271828", NOW + timedelta(minutes=10))
TYPED = replace(SENT, expires=NOW)  # the moment at which it is typed
HOUR = timedelta(hours=1)


async def test_a_code_is_taken_once(cabinets: Cabinets) -> None:
    """Also by callers at one moment."""
    await cabinets.code_shelf.lay(SENT)

    taken = await asyncio.gather(*(cabinets.code_shelf.take(TYPED, 5) for _ in range(5)))

    assert [False] * 4 + [True] == sorted(taken)


@pytest.mark.parametrize(
    "change",
    [
        {"about": "sign-in:2"},
        {"to": Contact.phone("07700900002")},
        {"to": Contact.email("07700900001")},
        {"code": "271829"},
        {"code": ""},
        {"expires": SENT.expires},
    ],
)
async def test_a_code_serves_for_nothing_else(cabinets: Cabinets, change: dict[str, object]) -> None:
    """Another purpose, another contact, another code, or too late by a tick; the right one still works."""
    await cabinets.code_shelf.lay(SENT)

    assert not await cabinets.code_shelf.take(replace(TYPED, **change), 5)  # type: ignore[arg-type] # each row knows its field
    assert await cabinets.code_shelf.take(replace(TYPED, expires=SENT.expires - TICK), 5)


async def test_wrong_tries_take_a_code_away(cabinets: Cabinets) -> None:
    """With the last of the tries that there are, not before."""
    await cabinets.code_shelf.lay(SENT)
    for _ in range(2):
        assert not await cabinets.code_shelf.take(replace(TYPED, code="000000"), 3)
    await cabinets.code_shelf.lay(SENT)  # a fresh one is counted anew

    assert [False, False] == [await cabinets.code_shelf.take(replace(TYPED, code="000000"), 3) for _ in range(2)]
    await cabinets.code_shelf.lay(replace(SENT, about="sign-in:2"))
    assert not await cabinets.code_shelf.take(replace(TYPED, code="000000"), 3)
    assert not await cabinets.code_shelf.take(TYPED, 3)
    assert await cabinets.code_shelf.take(replace(TYPED, about="sign-in:2"), 3)


async def test_guesses_at_one_moment_are_all_counted(cabinets: Cabinets) -> None:
    """Attack 20's cousin: who sends everything at once has no more tries."""
    await cabinets.code_shelf.lay(SENT)
    await asyncio.gather(*(cabinets.code_shelf.take(replace(TYPED, code=f"{n:06}"), 3) for n in range(3)))

    assert not await cabinets.code_shelf.take(TYPED, 3)


async def test_a_fresh_code_replaces_the_earlier_one(cabinets: Cabinets) -> None:
    """Wherever that went."""
    await cabinets.code_shelf.lay(SENT)
    elsewhere = replace(SENT, to=Contact.phone("07700900002"), code="314159")
    await cabinets.code_shelf.lay(elsewhere)

    assert not await cabinets.code_shelf.take(TYPED, 5)
    assert await cabinets.code_shelf.take(replace(elsewhere, expires=NOW), 5)


async def test_so_often_and_no_more(cabinets: Cabinets) -> None:
    """The next one after the oldest has left the window; what was refused is not counted; others do not count."""
    for minutes in (0, 10):
        assert None is await cabinets.allowances.claim("a", 2, HOUR, NOW + timedelta(minutes=minutes))

    assert timedelta(minutes=40) == await cabinets.allowances.claim("a", 2, HOUR, NOW + timedelta(minutes=20))
    assert TICK == await cabinets.allowances.claim("a", 2, HOUR, NOW + HOUR - TICK)
    assert None is await cabinets.allowances.claim("b", 2, HOUR, NOW + timedelta(minutes=20))
    assert None is await cabinets.allowances.claim("a", 2, HOUR, NOW + HOUR)
    assert timedelta(minutes=10) == await cabinets.allowances.claim("a", 2, HOUR, NOW + HOUR)


async def test_claims_at_one_moment_stay_within_what_is_allowed(cabinets: Cabinets) -> None:
    """Two of eight."""
    waits = await asyncio.gather(*(cabinets.allowances.claim("a", 2, HOUR, NOW) for _ in range(8)))

    assert (2, 6) == (waits.count(None), waits.count(HOUR))


@given(
    gaps=st.lists(st.integers(0, 100), max_size=30),
    most=st.integers(1, 4),
    within=st.integers(1, 60),
)
def test_no_window_holds_more_than_is_allowed(gaps: list[int], most: int, within: int) -> None:
    """Whatever the gaps; and after the wait that was named it may be done."""
    window, now, granted = timedelta(seconds=within), NOW, list[datetime]()
    done: tuple[datetime, ...] = ()
    for gap in gaps:
        now += timedelta(seconds=gap)
        wait, done = claimed(done, most, window, now)
        if wait is None:
            granted.append(now)
        else:
            assert claimed(done, most, window, now + wait)[0] is None
            assert claimed(done, most, window, now + wait - TICK)[0] is not None
    assert all(later - earlier >= window for earlier, later in zip(granted, granted[most:], strict=False))

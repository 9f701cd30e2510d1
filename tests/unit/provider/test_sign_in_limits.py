"""How often a password may be tried: the pauses, whose request it is, and what sign-in makes of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.nhs.clock import MovableClock
from gpic.provider.identity.policy import IdentityPolicy
from gpic.provider.sign_in_limits import (
    Limit,
    PasswordLimits,
    Tries,
    caller,
    counted,
    of_address,
    pause_after,
    wait,
)
from gpic.storage.provider import memory

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIMIT = Limit(5, 30 * SECOND, timedelta(minutes=15), timedelta(days=1))


@pytest.mark.parametrize(
    ("tries", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (11, 900), (10**9, 900)]
)
def test_pauses_grow_and_end_growing(tries: int, seconds: int) -> None:
    """Five are free; then half a minute, doubling, at most a quarter of an hour."""
    assert timedelta(seconds=seconds) == pause_after(tries, LIMIT)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_tries_never_make_a_shorter_pause(fewer: int, more: int) -> None:
    """And no pause is longer than the longest, or lasts when nothing was tried."""
    few, many = sorted((fewer, more))

    assert timedelta() <= pause_after(few, LIMIT) <= pause_after(many, LIMIT) <= LIMIT.longest_pause
    assert timedelta() == wait(None, LIMIT, NOW)


def test_a_pause_is_over_to_the_tick() -> None:
    """30 s after the fifth try."""
    fifth = Tries(5, NOW)

    assert SECOND == wait(fifth, LIMIT, NOW + 29 * SECOND)
    assert timedelta() == wait(fifth, LIMIT, NOW + 30 * SECOND)


def test_what_lies_a_day_back_is_forgotten() -> None:
    """Not before."""
    old = Tries(7, NOW - timedelta(days=1))

    assert Tries(1, NOW) == counted(old, LIMIT, NOW)
    assert Tries(8, NOW - SECOND) == counted(old, LIMIT, NOW - SECOND)
    assert Tries(1, NOW) == counted(None, LIMIT, NOW)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("198.51.100.7", "", "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),  # nobody's proxy: what it says is not believed
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "192.0.2.66, 203.0.113.9", "203.0.113.9"),  # the caller wrote the first one
        ("10.0.0.1", "192.0.2.66, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "192.0.2.66, not an address", "not an address"),
        ("", "203.0.113.9", ""),
        ("testclient", "203.0.113.9", "testclient"),
    ],
)
def test_only_our_own_proxies_say_who_calls(peer: str, forwarded: str, expected: str) -> None:
    """Attacks 27: by list, from the right, to the first that is no proxy of ours."""
    assert expected == caller(peer, forwarded, ("10.0.0.0/24",))


@given(st.text(max_size=60), st.text(max_size=200))
def test_no_header_breaks_the_reading(peer: str, forwarded: str) -> None:
    """Whatever somebody writes there."""
    assert of_address(caller(peer, forwarded, ("10.0.0.0/8", "2001:db8::/32"))).startswith("address:")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_a_household_is_counted_as_one(one: str, other: str, *, is_same: bool) -> None:
    """An IPv6 network of 64 bits; each IPv4 address for itself."""
    assert is_same is (of_address(one) == of_address(other))


def limits(clock: MovableClock) -> PasswordLimits:
    """Both, as they are set by default."""
    return PasswordLimits.of(memory.cabinets().tried_passwords, IdentityPolicy(), clock)


@pytest.mark.anyio
async def test_an_account_is_paused_from_wherever_somebody_tries() -> None:
    """Another address does not help; the sixth try waits half a minute, the seventh a whole one."""
    clock = MovableClock(NOW)
    door = limits(clock)
    free = [await door.begin("ada@example.test", f"192.0.2.{number}") for number in range(5)]
    paused = await door.begin("ada@example.test", "198.51.100.1")
    clock.move(30 * SECOND)
    again, next_pause = [await door.begin("ada@example.test", "198.51.100.1") for _ in range(2)]

    assert ([None] * 5, 30 * SECOND, None, 60 * SECOND) == (free, paused, again, next_pause)
    assert None is await door.begin("ben@example.test", "198.51.100.1")


@pytest.mark.anyio
async def test_an_address_is_paused_whomever_it_tries() -> None:
    """Fifty accounts, one try each; the owner of an account elsewhere is not troubled."""
    door = limits(MovableClock(NOW))
    for number in range(50):
        assert None is await door.begin(f"patient-{number}@example.test", "192.0.2.1")

    assert 10 * SECOND == await door.begin("another@example.test", "192.0.2.1")
    assert None is await door.begin("another@example.test", "192.0.2.2")


@pytest.mark.anyio
async def test_whoever_is_right_is_not_counted() -> None:
    """Their account is free again; their address only gets this one try back, so nobody clears it by an account of theirs."""
    door = limits(MovableClock(NOW))
    for number in range(49):
        await door.begin(f"patient-{number}@example.test", "192.0.2.1")
    for _ in range(10):
        assert None is await door.begin("mine@example.test", "192.0.2.1")
        await door.succeeded("mine@example.test", "192.0.2.1")

    assert None is await door.begin("a@example.test", "192.0.2.1")
    assert 10 * SECOND == await door.begin("b@example.test", "192.0.2.1")

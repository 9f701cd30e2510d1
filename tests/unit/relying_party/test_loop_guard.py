"""The loop guard, seen from outside."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle, ReturnToLogin
from tests.unit.relying_party.world import PRACTICE, World, details, world

pytestmark = pytest.mark.anyio

NEW_KEY = "wN7pQ2rY8sVd"


def rotate(there: World, new: str = NEW_KEY) -> None:
    """The practice gives a new key; NHS login does not know yet."""
    there.surgery.linkage_key = new


def refresh(there: World) -> None:
    """NHS login learns what the practice has."""
    there.nhs_login.details = details(there.surgery.linkage_key)


async def test_how_many_returns_is_a_setting() -> None:
    """R9: one return, where the settings say so."""
    there = world(most_returns=1, returns_window=timedelta(minutes=5))
    rotate(there)

    assert CannotConnect(Obstacle.DETAILS_REJECTED, PRACTICE, timedelta(minutes=5)) == await there.log_in()
    assert 1 == len(there.returns)


async def test_a_restart_knows_how_many_are_allowed() -> None:
    """R9: the history of another process, with more allowed there, still ends the round here."""
    there = world(most_returns=3)
    there.surgery.restricted = True

    assert isinstance(await there.log_in(), CannotConnect)
    assert 3 == len(there.returns)


async def test_the_window_slides() -> None:
    """R9: what is older than 15 minutes no longer counts."""
    there = world()
    rotate(there)
    await there.log_in()
    there.clock.move(timedelta(minutes=14, seconds=59))
    within = await there.press_the_button()
    there.clock.move(timedelta(seconds=1))
    after = await there.press_the_button()

    assert CannotConnect(Obstacle.DETAILS_REJECTED, PRACTICE, timedelta(seconds=1)) == within
    assert isinstance(after, ReturnToLogin)


async def test_an_opened_session_clears_the_guard() -> None:
    """R9: after a success the next trouble has its two returns again."""
    there = world()
    rotate(there)
    await there.log_in()
    refresh(there)
    await there.log_in()
    rotate(there, "another-key")

    await there.log_in()

    assert 2 == len(there.returns)


async def test_an_opened_session_clears_the_browser_too() -> None:
    """R9: what failed before anybody was known no longer counts either."""
    there = world()
    for _ in range(2):
        there.nhs_login.error = "login_required"
        await there.press_the_button()
    await there.log_in()
    there.nhs_login.error = "login_required"

    assert isinstance(await there.press_the_button(), ReturnToLogin)


async def test_what_fails_before_anybody_is_known_follows_no_two_returns_of_a_person() -> None:
    """R9: two returns in all, though the first two counted a person and the third would have counted a browser alone."""
    there = world()
    there.surgery.restricted = True
    await there.log_in()
    assert 2 == len(there.returns)
    there.nhs_login.error = "login_required"

    outcome = await there.press_the_button()

    assert CannotConnect(Obstacle.SIGN_IN_NEEDED, None, timedelta(minutes=15), code="login_required") == outcome


async def test_what_failed_before_counts_for_whoever_comes_then() -> None:
    """R9: two logins that proved nobody, then one that does, in the same browser: no third return, and the time is told."""
    there = world()
    for _ in range(2):
        there.nhs_login.error = "login_required"
        assert isinstance(await there.press_the_button(), ReturnToLogin)
    there.clock.move(timedelta(minutes=5))
    there.surgery.restricted = True

    outcome = await there.press_the_button()

    assert CannotConnect(Obstacle.RESTRICTED, PRACTICE, timedelta(minutes=10)) == outcome


async def test_who_has_had_the_most_says_how_long_to_wait() -> None:
    """R9: a person with one return behind them waits for the browser that has had two, not for their own."""
    there = world()
    there.surgery.restricted = True
    assert isinstance(await there.press_the_button(), ReturnToLogin)
    there.clock.move(timedelta(minutes=5))
    there.nhs_login.error = "login_required"
    assert isinstance(await there.press_the_button(), ReturnToLogin)

    outcome = await there.press_the_button()

    assert CannotConnect(Obstacle.RESTRICTED, PRACTICE, timedelta(minutes=10)) == outcome


async def test_a_key_that_stays_dead_ends_in_an_explanation() -> None:
    """R9: two returns, then the reason, the practice and when to come back; the button still works."""
    there = world()
    rotate(there)

    outcome = await there.log_in()

    assert CannotConnect(Obstacle.DETAILS_REJECTED, PRACTICE, timedelta(minutes=15)) == outcome
    assert (2, ["link"]) == (len(there.returns), there.surgery.calls)
    refresh(there)
    assert isinstance(await there.log_in(), Connected)
    assert [] == there.returns

"""The movable clock: it moves, stands, and runs on from where it stood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from gpic.nhs.clock import MovableClock

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_frozen_clock_stands_still_and_may_be_moved() -> None:
    """However long it really takes."""
    with time_machine.travel(NOON, tick=False) as real:
        clock = MovableClock()
        clock.freeze()
        real.shift(HOUR)
        assert (NOON, True) == (clock.now(), clock.is_frozen)
        clock.move(HOUR)
        assert NOON + HOUR == clock.now()


def test_a_thawed_clock_runs_on_from_where_it_stood() -> None:
    """Nothing is caught up on: the world's time neither jumps nor goes back."""
    with time_machine.travel(NOON, tick=False) as real:
        clock = MovableClock(ahead=HOUR)
        clock.freeze()
        real.shift(5 * HOUR)
        clock.thaw()
        assert (NOON + HOUR, False) == (clock.now(), clock.is_frozen)
        real.shift(HOUR)
        assert NOON + 2 * HOUR == clock.now()


def test_freezing_twice_and_thawing_twice_change_nothing() -> None:
    """Who presses a button twice means it once."""
    with time_machine.travel(NOON, tick=False) as real:
        clock = MovableClock()
        clock.freeze()
        real.shift(HOUR)
        clock.freeze()
        assert NOON == clock.now()
        clock.thaw()
        real.shift(HOUR)
        clock.thaw()
        assert NOON + HOUR == clock.now()


def test_time_never_goes_back() -> None:
    """Not even a second."""
    with pytest.raises(ValueError, match="never goes back"):
        MovableClock().move(-timedelta(seconds=1))

"""What `./go soak` comes to: growth, files and rows are found where there are any, and not where there are none."""

from __future__ import annotations

import os

import pytest

from tests.chaos.soaking import Bound, Sample, growth, sample, too_many, wrong_with

FLAT = [Sample(second, 100_000_000 + (second * 7_919) % 300_000, 30 + second % 3) for second in range(0, 1_800, 5)]


def grown(per_ten_minutes: float) -> list[Sample]:
    """The same with a leak."""
    return [Sample(one.seconds, round(one.memory * (1 + per_ten_minutes * one.seconds / 600)), one.files) for one in FLAT]


def test_what_is_flat_is_flat() -> None:
    """Noise of a third of a percent is none."""
    assert abs(growth(FLAT)) < 0.002
    assert [] == wrong_with("provider", FLAT, 300)


@pytest.mark.parametrize("leak", [0.015, 0.05])
def test_a_leak_is_found(leak: float) -> None:
    """One and a half percent in ten minutes."""
    (told,) = wrong_with("provider", grown(leak), 300)

    assert "provider gains" in told


def test_what_a_process_takes_while_it_warms_up_is_no_leak() -> None:
    """Code, caches and pools fill in the first minutes."""
    warming = [Sample(one.seconds, min(one.memory, 50_000_000 + 200_000 * int(one.seconds)), one.files) for one in FLAT]

    assert [] == wrong_with("provider", warming, 300)
    assert wrong_with("provider", warming, 0)


def test_files_that_stay_open_are_found() -> None:
    """One in five minutes is too many."""
    leaking = [Sample(one.seconds, one.memory, one.files + int(one.seconds) // 120) for one in FLAT]

    assert ["provider has 8 files open more than at the beginning"] == wrong_with("provider", leaking, 300)


def test_rows_that_outlive_their_time_are_found() -> None:
    """At ten logins a second and a minute's life, some nine hundred may be there."""
    bound = Bound("sessions", 60)

    assert [] == too_many({"sessions": 900}, [bound], 10, 20_000)
    assert ["sessions holds 20000 rows, and 950 may be there"] == too_many({"sessions": 20_000}, [bound], 10, 20_000)
    assert [] == too_many({"sessions": 30}, [bound], 10, 20)


def test_a_process_is_measured() -> None:
    """This one has memory and files."""
    now = sample(os.getpid(), 1.0)

    assert now.memory > 10_000_000
    assert now.files >= 3

"""Secrets, clocks and GP credentials."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.nhs.clock import MovableClock
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret

A_MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACCOUNTS = st.text("ABC123:", min_size=0, max_size=6)


def test_a_secret_is_never_printed() -> None:
    """repr, str and f-strings of a secret, and of what holds one, do not show it."""
    details = GpCredentials("2917340058", OdsCode("A12345"), Secret("kT4m9XqZ2bLp"))
    token = Im1Token("emis", Secret("6b1f2c3e"))

    shown = f"{details!r} {details} {token!r} {Secret('kT4m9XqZ2bLp')} {Secret('kT4m9XqZ2bLp'):>20}"

    assert "kT4m9XqZ2bLp" not in shown
    assert "6b1f2c3e" not in shown


def test_a_secret_is_not_pickled() -> None:
    """A secret leaves the process only under a seal."""
    with pytest.raises(TypeError):
        pickle.dumps(Secret("x"))


def test_secrets_are_equal_by_their_text() -> None:
    """Comparison is by content and in constant time."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


@given(ACCOUNTS, ACCOUNTS, ACCOUNTS, ACCOUNTS)
def test_fingerprints_tell_registrations_apart(account: str, key: str, other_account: str, other_key: str) -> None:
    """R11: the hash is equal only when all three are; no two splits of one text collide."""
    one = GpCredentials(account, OdsCode("A12345"), Secret(key))
    other = GpCredentials(other_account, OdsCode("A12345"), Secret(other_key))

    assert (one == other) is (one.fingerprint == other.fingerprint)


def test_a_frozen_clock_stands_still_until_it_is_moved() -> None:
    """The world clock of a test moves only by hand, and never back."""
    clock = MovableClock(A_MOMENT)

    clock.move(timedelta(hours=1))

    assert A_MOMENT + timedelta(hours=1) == clock.now() == clock.now()
    with pytest.raises(ValueError, match="never goes back"):
        clock.move(timedelta(seconds=-1))


def test_a_running_clock_keeps_its_distance_from_the_machines() -> None:
    """A world that was moved ahead stays ahead by as much."""
    clock = MovableClock()

    clock.move(timedelta(days=1))

    assert timedelta(hours=23) < clock.now() - datetime.now(UTC) < timedelta(hours=25)


def test_a_persons_name_is_not_printed() -> None:
    """Demographics are as private as a number."""
    assert "Okafor" not in repr(Demographics("Okafor", "1984-02-17"))

"""Both factors, without pages."""

from __future__ import annotations

import pytest

from gpic.provider.sign_in import HASHER, NOBODY, hash_password, matches


def test_a_password_is_kept_as_argon2id_with_a_salt_of_its_own() -> None:
    """OWASP's minimum: 19 MiB, two passes, one lane; two hashes of one password differ."""
    one, other = hash_password("the same"), hash_password("the same")

    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != other
    assert matches(one, "the same")
    assert not matches(one, "another")


def test_nobody_is_compared_with_as_much_work_as_anybody() -> None:
    """An unknown address costs what a known one costs: the same parameters (no account enumeration by time)."""
    assert not HASHER.check_needs_rehash(NOBODY)
    assert not matches(NOBODY, "")


@pytest.mark.parametrize("broken", ["", "plain", "$argon2id$v=19$m=19456,t=2,p=1$broken"])
def test_a_hash_that_is_none_admits_nobody(broken: str) -> None:
    """A damaged row refuses, it does not crash."""
    assert not matches(broken, "anything")


def test_a_giant_password_is_cut_before_it_is_hashed() -> None:
    """Nobody makes us hash megabytes."""
    assert matches(hash_password("x" * 1024), "x" * 1_000_000)

"""A fresh world per test; keys are made once."""

from __future__ import annotations

import pytest

from gpic.jose.keys import KeyRing, SigningKey
from tests.unit.provider.world import World


@pytest.fixture(scope="session")
def partner_key() -> SigningKey:
    """The partner's key."""
    return SigningKey.generate()


@pytest.fixture(scope="session")
def ring() -> KeyRing:
    """The provider's keys."""
    return KeyRing(SigningKey.generate())


@pytest.fixture
def world(partner_key: SigningKey, ring: KeyRing) -> World:
    """A provider with one patient and one partner."""
    return World(partner_key, ring)

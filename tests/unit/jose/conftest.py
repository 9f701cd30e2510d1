"""Keys are slow to make, so they are made once."""

from __future__ import annotations

import pytest

from gpic.jose.keys import SigningKey


@pytest.fixture(scope="session")
def key() -> SigningKey:
    """The signer's key."""
    return SigningKey.generate()


@pytest.fixture(scope="session")
def other_key() -> SigningKey:
    """Somebody else's key."""
    return SigningKey.generate()

"""One person, one practice."""

from __future__ import annotations

import pytest

from tests.unit.credentials.surgery import Bench


@pytest.fixture
def bench() -> Bench:
    """An engine and a patient whom nobody knows yet."""
    return Bench()

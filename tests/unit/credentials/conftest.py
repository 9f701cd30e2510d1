"""One person, one practice."""

from __future__ import annotations

import pytest

from tests.unit.credentials.surgery import Bench


@pytest.fixture
def bench() -> Bench:
    """An engine and a patient whom nobody knows yet."""
    return Bench()


@pytest.fixture
async def known(bench: Bench) -> Bench:
    """Somebody who was registered an hour ago."""
    await bench.registered()
    bench.later(hours=1)
    bench.practice.calls.clear()
    bench.register.asked_pds = 0
    return bench

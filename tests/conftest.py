"""What every test may use."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Servers run on asyncio, so tests do."""
    return "asyncio"

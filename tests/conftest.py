"""What every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests import postgresql

# How long one example takes says how busy the machine is.
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Servers run on asyncio, so tests do."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """A server of the tests' own, one for each process that runs tests."""
    with postgresql.serving() as server:
        yield server

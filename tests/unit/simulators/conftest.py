"""A town for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.simulators.town import Emis, Town, Tpp


@pytest.fixture
def town() -> Town:
    """Practices without patients."""
    return Town()


@pytest.fixture
async def emis(town: Town) -> AsyncIterator[Emis]:
    """NHS login at EMIS."""
    async with town.emis_client() as client:
        yield Emis(client)


@pytest.fixture
async def tpp(town: Town) -> AsyncIterator[Tpp]:
    """NHS login at TPP."""
    async with town.tpp_client() as client:
        yield Tpp(client)

"""A database of each test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.database import Database
from gpic.storage.provider.sqlite import cabinets_on, open_database
from gpic.storage.sealing import Sealer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "provider.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """An empty database, migrated."""
    opened = open_database(path)
    yield opened
    opened.close()


@pytest.fixture
def sealer() -> Sealer:
    """One key, for tests only."""
    return Sealer({"k1": bytes(range(32))}, "k1")


@pytest.fixture
def cabinets(database: Database, sealer: Sealer) -> Cabinets:
    """The cabinets in it."""
    return cabinets_on(database, sealer)

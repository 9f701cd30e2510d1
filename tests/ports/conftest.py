"""Every implementation of the provider's stores and of the queue, empty, one after the other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gpic.jobs.lease_table import LeaseTable
from gpic.jobs.memory import MemoryQueue
from gpic.jobs.queue import WatchedQueue
from gpic.nhs.clock import Clocks, MovableClock
from gpic.storage.provider import memory
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.sqlite import cabinets_on, open_database
from gpic.storage.sealing import Sealer

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, migrated once for all tests."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    open_database(path).close()
    return path


@pytest.fixture
def sealer() -> Sealer:
    """One key, for tests only."""
    return Sealer({"k1": bytes(range(32))}, "k1")


@pytest.fixture
def clocks() -> Clocks:
    """Both clocks stand at noon until they are moved."""
    return Clocks(wire=MovableClock(NOON), world=MovableClock(NOON))


@pytest.fixture
def database_file(migrated_file: Path, tmp_path: Path) -> Path:
    """A database file of this test's own."""
    return Path(shutil.copy(migrated_file, tmp_path / "provider.sqlite"))


@pytest.fixture(params=["memory", "sqlite"])
def cabinets(request: pytest.FixtureRequest, database_file: Path, sealer: Sealer, clocks: Clocks) -> Iterator[Cabinets]:
    """The cabinets."""
    opened = memory.cabinets(clocks) if request.param == "memory" else cabinets_on(open_database(database_file), sealer, clocks)
    yield opened
    opened.close()


@pytest.fixture(params=["memory", "sqlite"])
def queue(request: pytest.FixtureRequest, database_file: Path) -> Iterator[WatchedQueue]:
    """The queue."""
    if request.param == "memory":
        yield MemoryQueue()
        return
    database = open_database(database_file)
    yield LeaseTable(database)
    database.close()

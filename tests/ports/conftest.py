"""Every implementation of the provider's stores and of the queue, empty, one after the other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from gpic.credentials.rounds import Backlog, Rounds
from gpic.jobs.backlog import TableBacklog
from gpic.jobs.lease_table import LeaseTable
from gpic.jobs.memory import MemoryQueue
from gpic.jobs.memory_rounds import MemoryBacklog, MemoryRounds
from gpic.jobs.queue import WatchedQueue
from gpic.jobs.rounds_table import RoundsTable
from gpic.jobs.tables import metadata as of_jobs
from gpic.nhs.clock import Clocks, MovableClock
from gpic.storage.provider import memory, postgres
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.database import Database
from gpic.storage.provider.memory.holdings import MemoryHoldings
from gpic.storage.provider.sql.holdings import SqlHoldings
from gpic.storage.provider.sqlite import cabinets_on, open_database
from gpic.storage.provider.tables import metadata
from gpic.storage.sealing import Sealer
from tests.postgresql import Server

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


@pytest.fixture(scope="session")
def on_postgresql(postgresql_server: Server) -> Iterator[Database]:
    """A migrated database."""
    with postgresql_server.database() as url:
        database = postgres.open_database(url)
        yield database
        database.close()


@pytest.fixture
def emptied_postgresql(on_postgresql: Database) -> Database:
    """The same database as it was before the first test."""
    tables = ", ".join(table.name for table in (*metadata.sorted_tables, *of_jobs.sorted_tables))
    on_postgresql.unit_here(lambda connection: connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")))
    return on_postgresql


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def cabinets(request: pytest.FixtureRequest, sealer: Sealer, clocks: Clocks) -> Iterator[Cabinets]:
    """The cabinets."""
    if request.param == "postgresql":
        # The server's connections outlive a test, so nobody closes these cabinets.
        yield cabinets_on(request.getfixturevalue("emptied_postgresql"), sealer, clocks)
        return
    if request.param == "memory":
        opened = memory.cabinets(clocks)
    else:
        opened = cabinets_on(open_database(request.getfixturevalue("database_file")), sealer, clocks)
    yield opened
    opened.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def queue(request: pytest.FixtureRequest) -> Iterator[WatchedQueue]:
    """The queue."""
    if request.param == "memory":
        yield MemoryQueue()
    elif request.param == "postgresql":
        yield LeaseTable(postgres.beside(request.getfixturevalue("emptied_postgresql")))
    else:
        database = open_database(request.getfixturevalue("database_file"))
        yield LeaseTable(database)
        database.close()


@dataclass(frozen=True, slots=True)
class Walked:
    """What rounds need of a queue and its database, beside the cabinets of the same database."""

    cabinets: Cabinets
    queue: WatchedQueue
    rounds: Rounds
    backlog: Backlog


@pytest.fixture
def walked(cabinets: Cabinets) -> Walked:
    """Everything that a round walks on."""
    if isinstance(cabinets.holdings, MemoryHoldings):
        queue = MemoryQueue()
        return Walked(cabinets, queue, MemoryRounds(), MemoryBacklog(queue))
    assert isinstance(cabinets.holdings, SqlHoldings)
    database = cabinets.holdings.database
    units = postgres.beside(database) if database.engine.dialect.name == "postgresql" else database
    return Walked(cabinets, LeaseTable(units), RoundsTable(units), TableBacklog(units))

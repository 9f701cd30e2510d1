"""The SQLite file, its transactions and its migrations."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine, func, select, text

from gpic.jobs.tables import metadata as jobs_metadata
from gpic.storage.provider.at_once import BETWEEN_CHECKPOINTS, AtOnce, WouldWait
from gpic.storage.provider.database import MIGRATIONS, Database, put
from gpic.storage.provider.sqlite import PRAGMAS, engine_for, open_database
from gpic.storage.provider.tables import metadata, persons

pytestmark = pytest.mark.anyio


def both() -> MetaData:
    """The tables of the cabinets and of the queue, which share a database."""
    together = MetaData(naming_convention=metadata.naming_convention)
    for one in (metadata, jobs_metadata):
        for table in one.sorted_tables:
            table.to_metadata(together)
    return together


def add(connection: Connection, person: str) -> None:
    """A row."""
    put(connection, persons, person=person, pseudonym=f"pseudonym of {person}")


def count(connection: Connection) -> int:
    """How many rows there are."""
    return connection.execute(select(func.count()).select_from(persons)).scalar_one()


def test_tables_and_migrations_agree(database: Database) -> None:
    """Whoever changes a table writes the revision that changes it."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})

        assert [] == compare_metadata(context, both())


def test_migrations_make_the_very_statements_of_the_tables(path: Path, database: Database) -> None:
    """Also what a comparison does not see: autoincrement, conditions of indexes, cascades."""
    engine = create_engine("sqlite://")
    both().create_all(engine)
    with engine.connect() as connection:
        expected = schema(connection)
    engine.dispose()
    with database.engine.connect() as connection:
        actual = schema(connection)

    triggers = {"audit_keeps", "audit_stands"}
    assert expected == {name: sql for name, sql in actual.items() if not name.startswith("alembic") and name not in triggers}
    assert triggers <= actual.keys()


def schema(connection: Connection) -> dict[str, str]:
    """Every statement that made something, in one spelling: names of constraints apart, parts in order."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    return {name: str(sorted(filter(None, parts_of(sql)))) for name, sql in rows}


def parts_of(sql: str) -> list[str]:
    """A line each, and a part each where SQLite wrote a column that was added later behind another one."""
    return [part.strip(" ,\t") for part in sql.replace(")", "").replace(", ", "\n").splitlines()]


def test_revisions_stand_in_one_line() -> None:
    """Each file is named by its number."""
    files = sorted(path.stem for path in (MIGRATIONS / "versions").glob("v*.py"))

    assert [f"v{number:04}" for number in range(1, len(files) + 1)] == [name[:5] for name in files]


def test_opening_again_changes_nothing(path: Path, database: Database) -> None:
    """What lies there stays."""
    database.unit_here(lambda connection: add(connection, "alice"))
    again = open_database(path)

    assert 1 == again.unit_here(count)
    again.close()


def test_several_may_open_a_new_file_at_once(path: Path) -> None:
    """One migrates, the others wait for it."""
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(open_database, [path] * 4))
    assert [0, 0, 0, 0] == [one.unit_here(count) for one in opened]
    for one in opened:
        one.close()


def test_the_file_is_its_owners(path: Path, database: Database) -> None:
    """So are the files beside it."""
    files = list(path.parent.iterdir())

    assert path in files
    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in files}


def test_every_connection_is_set_up(database: Database) -> None:
    """Write-ahead log, foreign keys, erased secrets, patience."""
    expected = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 10_000}
    with database.engine.connect() as first, database.engine.connect() as second:
        for connection in (first, second):
            assert expected == {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in expected}
    assert set(expected) >= {pragma.split(" ", maxsplit=1)[0] for pragma in PRAGMAS}


async def test_a_unit_that_raises_leaves_nothing(database: Database) -> None:
    """All or nothing."""

    def work(connection: Connection) -> None:
        add(connection, "alice")
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        await database.unit(work)
    assert 0 == await database.look(count)


async def test_units_run_one_after_the_other(database: Database) -> None:
    """Fifty that read, wait and write: none is lost and none fails for another's sake."""

    def work(connection: Connection) -> None:
        add(connection, f"person {count(connection)}")

    await asyncio.gather(*(database.unit(work) for _ in range(50)))

    assert 50 == await database.look(count)


async def test_units_of_two_processes_run_one_after_the_other(path: Path, database: Database) -> None:
    """A transaction that writes takes its place at once, so that it never fails half-way."""
    other = open_database(path)

    def work(connection: Connection) -> None:
        add(connection, f"person {count(connection)}")

    await asyncio.gather(*(one.unit(work) for _ in range(25) for one in (database, other)))
    other.close()

    assert 50 == await database.look(count)


async def test_who_looks_does_not_wait_for_who_writes(database: Database) -> None:
    """A reader sees the state before; what is long is done in a thread of its own."""
    begun, end = threading.Event(), threading.Event()

    def work(connection: Connection) -> None:
        add(connection, "alice")
        begun.set()
        assert end.wait(10)

    writing = asyncio.create_task(database.unit(work, long=True))
    assert await asyncio.to_thread(begun.wait, 10)

    assert 0 == await asyncio.wait_for(database.look(count), 5)
    end.set()
    await writing
    assert 1 == await database.look(count)


async def test_what_is_short_is_done_at_once_unless_it_would_wait(database: Database, path: Path) -> None:
    """Where the file is free, in the calling thread; where another process writes, in one that may wait."""
    seen: list[int] = []

    def work(connection: Connection) -> None:
        seen.append(threading.get_ident())
        add(connection, f"person {len(seen)}")

    await database.unit(work)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(database.unit(work))
    await asyncio.sleep(0.05)
    assert [threading.get_ident()] == seen
    holder.execute("COMMIT")
    holder.close()
    await waiting

    assert [True, False] == [one == threading.get_ident() for one in seen]
    assert 2 == await database.look(count)


async def test_what_was_written_at_once_reaches_the_file_in_the_end(database: Database, path: Path) -> None:
    """Checkpoints are made behind, so that the log does not grow for ever."""
    for number in range(3 * BETWEEN_CHECKPOINTS):
        await database.unit(lambda connection, number=number: add(connection, f"person {number}"))  # type: ignore[misc]
    await database.unit(count, long=True)  # the writers' thread has done what came before

    log = path.with_name(f"{path.name}-wal").stat().st_size  # it is written anew from its beginning
    assert log < 2 * BETWEEN_CHECKPOINTS * 4 * 4096


def test_who_writes_waits_where_the_last_checkpoint_is_late(database: Database, path: Path) -> None:
    """The log cannot grow for ever, however slow the disk: a third stretch begins when the first is in the file."""
    late: list[Future[None]] = []

    def asked_for() -> Future[None]:
        late.append(Future())
        return late[-1]

    writing = AtOnce(engine_for(path, patience=0), asked_for)
    for number in range(2 * BETWEEN_CHECKPOINTS):
        writing.run(partial(add, person=f"person {number}"), writes=True)
    with pytest.raises(WouldWait):
        writing.run(partial(add, person="late"), writes=True)
    assert 2 * BETWEEN_CHECKPOINTS == writing.run(count, writes=False)

    late[0].set_result(None)
    writing.run(partial(add, person="late"), writes=True)

    assert 2 == len(late)
    writing.close()


async def test_a_unit_is_finished_though_nobody_waits_for_it(database: Database) -> None:
    """A person who closes the browser interrupts no transaction."""
    begun, end = threading.Event(), threading.Event()

    def work(connection: Connection) -> None:
        begun.set()
        assert end.wait(10)
        add(connection, "alice")

    writing = asyncio.create_task(database.unit(work, long=True))
    assert await asyncio.to_thread(begun.wait, 10)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    end.set()

    assert 1 == await database.unit(count)


def test_the_audit_trail_is_append_only(database: Database, path: Path) -> None:
    """N7: the database itself refuses; a chain may fill its hashes in, once."""
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO audit (at, pseudonym, event, client_id, version, why) VALUES (1, 'p', 'e', 'c', 1, 'w')"
        )
    for forbidden in ("DELETE FROM audit", "UPDATE audit SET why = 'x'", "UPDATE audit SET at = 2, hash = 'h'"):
        with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(forbidden)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE audit SET previous_hash = '', hash = 'h'")
    with sqlite3.connect(path) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("UPDATE audit SET hash = 'other'")

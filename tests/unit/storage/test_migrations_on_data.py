"""Migrations with data in the tables: nothing is lost, and code of the version before goes on beside the new one.

Every revision is tried from every one before it, on both databases, with rows of that time in every table; a new revision is
tried without anybody's doing.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    insert,
    select,
    text,
    update,
)

from gpic.storage.provider import postgres, sqlite
from gpic.storage.provider.database import MIGRATIONS, Database, upgrade
from tests.postgresql import Server

REVISIONS: Final = [path.stem[1:5] for path in sorted((MIGRATIONS / "versions").glob("v*.py"))]
#: A revision that drops or narrows something says so by `AFTER`: the release since which no code has used what it takes away.
TAKING: Final = [
    path.stem[1:5]
    for path in sorted((MIGRATIONS / "versions").glob("v*.py"))
    if hasattr(importlib.import_module(f"gpic.storage.migrations.versions.{path.stem}"), "AFTER")
]
OURS: Final = "alembic_version"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without a table."""
    if request.param == "sqlite":
        path = request.getfixturevalue("tmp_path") / "old.sqlite"
        path.touch()
        database = Database(sqlite.engine_for(path), writers=1, readers=1)
        yield database
        database.close()
        return
    server: Server = request.getfixturevalue("postgresql_server")
    with server.database() as url:
        engine = Database(postgres.engine_for(url), writers=1, readers=1)
        database = postgres.beside(engine)
        yield database
        engine.close()


def tables_at(connection: Connection) -> list[Table]:
    """The tables as they are now, those that others point to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != OURS]


def made_up(column: Column[object], number: int) -> object:
    """A value that fits; a column that points to another has that one's, the *number*th."""
    kinds: tuple[tuple[type, Callable[[], object]], ...] = (
        (Boolean, lambda: False),
        (Integer, lambda: 1_000 + number),
        (LargeBinary, f"\x01\x02k1{column.name}{number}".encode),
        (JSON, list),
        (Text, lambda: f"{column.name}{number}"),
    )
    if column.foreign_keys:
        return made_up(next(iter(column.foreign_keys)).column, number)
    return next((make() for kind, make in kinds if isinstance(column.type, kind)), f"{column.name}-{number}"[:64])


def filled(connection: Connection, tables: list[Table], first: int) -> dict[str, list[dict[str, object]]]:
    """Two rows in every table; what was put in."""
    rows = {}
    for table in tables:
        rows[table.name] = [{column.name: made_up(column, number) for column in table.columns} for number in (first, first + 1)]
        connection.execute(insert(table), rows[table.name])
    return rows


def kept(connection: Connection, tables: list[Table]) -> dict[str, list[dict[str, object]]]:
    """What lies in the columns of these tables."""
    found = {}
    for table in tables:
        rows = connection.execute(select(table).order_by(*table.primary_key)).mappings()
        found[table.name] = [dict(row) for row in rows]
    return found


def in_order(rows: dict[str, list[dict[str, object]]], tables: list[Table]) -> dict[str, list[dict[str, object]]]:
    """By primary key."""
    keys = {table.name: [column.name for column in table.primary_key] for table in tables}
    return {name: sorted(those, key=lambda row: [str(row[key]) for key in keys[name]]) for name, those in rows.items()}


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_lies_there_survives_all_later_migrations(empty: Database, revision: str) -> None:
    """Row by row, column by column, from each revision to the newest."""
    empty.unit_here(lambda connection: upgrade(connection, revision))
    tables = empty.unit_here(tables_at)
    before = empty.unit_here(lambda connection: filled(connection, tables, 1))
    empty.migrate()
    still = empty.unit_here(tables_at)
    expected = in_order(before, tables)
    after = empty.unit_here(lambda connection: kept(connection, still))

    for name, rows in expected.items():
        wanted = rows[0].keys()
        assert rows == [{key: row[key] for key in wanted} for row in after[name]]


@pytest.mark.parametrize("revision", [one for one in REVISIONS[1:] if one not in TAKING])
def test_code_of_the_revision_before_goes_on(empty: Database, revision: str) -> None:
    """It inserts, changes, reads and deletes what it knows, in tables that the next revision has changed already."""
    before = REVISIONS[REVISIONS.index(revision) - 1]
    empty.unit_here(lambda connection: upgrade(connection, before))
    known = empty.unit_here(tables_at)
    empty.unit_here(lambda connection: upgrade(connection, revision))
    rows = empty.unit_here(lambda connection: filled(connection, known, 1))

    assert in_order(rows, known) == empty.unit_here(lambda connection: kept(connection, known))
    empty.unit_here(lambda connection: change_and_delete(connection, known))


def change_and_delete(connection: Connection, tables: list[Table]) -> None:
    """Everything but the trail, which is append-only, and what others point to."""
    for table in reversed(tables):
        if table.name == "audit":
            continue
        rest = [column for column in table.columns if not column.primary_key and not column.foreign_keys]
        if rest:
            connection.execute(update(table).values({rest[0].name: made_up(rest[0], 7)}).where(whose(table)))
        if table.name != "persons":
            connection.execute(table.delete())


def whose(table: Table) -> ColumnElement[bool]:
    """The condition of one row."""
    key = next(iter(table.primary_key))
    return key == made_up(key, 1)


def test_what_a_newer_version_migrated_is_used_as_it_is(empty: Database, caplog: pytest.LogCaptureFixture) -> None:
    """A process of the version before may be started again while the new one is brought out; it says so."""
    empty.migrate()
    tables = empty.unit_here(tables_at)
    empty.unit_here(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    rows = empty.unit_here(lambda connection: filled(connection, tables, 1))
    empty.migrate()

    assert in_order(rows, tables) == empty.unit_here(lambda connection: kept(connection, tables))
    assert "migrated by a newer version (9999" in caplog.text


def test_only_a_revision_that_says_so_takes_something_away() -> None:
    """Every column and table of a revision is there in the next, unless that one has `AFTER`."""
    database = Database(sqlite.engine_for(":memory:"), writers=1, readers=1)
    columns: set[tuple[str, str]] = set()
    for revision in REVISIONS:
        database.unit_here(lambda connection, to=revision: upgrade(connection, to))  # type: ignore[misc]
        now = {(table.name, column.name) for table in database.unit_here(tables_at) for column in table.columns}
        assert revision in TAKING or columns <= now
        columns = now
    database.close()

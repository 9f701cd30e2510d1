"""A database that cannot serve now says so in the ports' words; a wrong statement does not."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from gpic.provider.ports import CabinetSilent
from gpic.storage.provider.database import Database, is_silence, put
from gpic.storage.provider.sqlite import open_database
from gpic.storage.provider.tables import persons

pytestmark = pytest.mark.anyio


async def test_a_file_that_somebody_else_holds_is_silence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Locked for longer than our patience: nothing was done, and the caller may try again."""
    monkeypatch.setattr("gpic.storage.provider.sqlite.PATIENCE", 0.01)
    database = open_database(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(CabinetSilent) as silence:
        await database.unit(lambda connection: put(connection, persons, person="p", pseudonym="q"))

    assert isinstance(silence.value.__cause__, OperationalError)
    assert "" == str(silence.value)
    holder.close()
    database.close()


async def test_a_full_disk_is_silence(database: Database) -> None:
    """What cannot be written now may be written when there is room."""

    def fill(connection: Connection) -> None:
        connection.execute(text("PRAGMA max_page_count = 1"))
        for number in range(2000):
            put(connection, persons, person=f"p{number}", pseudonym="q" * 100 + str(number))

    with pytest.raises(CabinetSilent):
        await database.unit(fill)


async def test_no_free_connection_is_silence(database: Database) -> None:
    """Of the pool's own."""

    def waits(_: Connection) -> None:
        raise NoConnectionFree

    with pytest.raises(CabinetSilent):
        await database.look(waits)


async def test_a_wrong_statement_is_none(database: Database) -> None:
    """A bug crashes."""
    with pytest.raises(OperationalError, match="no such table"):
        await database.look(lambda connection: connection.execute(text("SELECT * FROM nowhere")))


class Said(Exception):
    """What a driver says."""

    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "lost", "expected"),
    [
        ("08006", False, True),
        ("53300", False, True),
        ("57014", False, True),
        ("57P01", False, True),
        ("55P03", False, True),
        ("40001", False, True),
        ("40P01", False, True),
        (None, True, True),
        (None, False, False),
        ("42P01", False, False),
        ("23505", False, False),
        ("55000", False, False),
        ("25006", False, False),
    ],
)
def test_postgresql_says_it_by_its_codes(sqlstate: str | None, *, lost: bool, expected: bool) -> None:
    """Lost connections, no resources, shut down, out of time, locked; never syntax, constraints or permissions."""
    assert expected == is_silence(DBAPIError("statement", {}, Said(sqlstate), connection_invalidated=lost))


async def test_an_error_does_not_tell_what_was_to_be_written(database: Database) -> None:
    """Attacks 29: errors are logged whole."""
    with pytest.raises(IntegrityError) as told:
        await database.unit(lambda connection: connection.execute(insert(persons).values(person="a-secret", pseudonym=None)))

    assert "a-secret" not in str(told.value)

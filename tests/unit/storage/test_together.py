"""Units that are asked for at one moment: one commit for all, and each whole or not at all."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError

from gpic.nhs.trust import DEFAULT_VECTORS
from gpic.provider.clients import Client
from gpic.storage.provider.database import Database, put
from gpic.storage.provider.sql.clients import SqlClients
from gpic.storage.provider.sqlite import open_database
from gpic.storage.provider.tables import accounts, persons

pytestmark = pytest.mark.anyio


def add(connection: Connection, person: str) -> str:
    """A row; its person."""
    put(connection, persons, person=person, pseudonym=f"pseudonym of {person}")
    return person


def count(connection: Connection) -> int:
    """How many rows there are."""
    return connection.execute(select(func.count()).select_from(persons)).scalar_one()


@pytest.fixture
def told(database: Database) -> Iterator[list[str]]:
    """Every statement that reaches the file from now on by the connection that does not wait."""
    heard: list[str] = []
    assert database._at_once is not None
    driver: Any = database._at_once._connection().connection.dbapi_connection
    driver.set_trace_callback(heard.append)
    yield heard
    driver.set_trace_callback(None)


async def test_units_of_one_moment_are_one_commit(database: Database, told: list[str]) -> None:
    """Each caller gets what its own unit returned."""
    asked = [f"person {number}" for number in range(8)]

    results = await asyncio.gather(*(database.unit(lambda connection, who=who: add(connection, who)) for who in asked))  # type: ignore[misc]

    assert asked == results
    assert 1 == told.count("COMMIT")
    assert 8 == await database.look(count)


async def test_one_that_fails_takes_nobody_with_it(database: Database) -> None:
    """All the others are kept, nothing of it is, and it alone hears why."""

    def wrong(connection: Connection) -> None:
        add(connection, "half a unit")
        put(connection, accounts, subject="s", person="nobody", email_hash="", sealed=b"", level=0, put_at=None)

    outcomes = await asyncio.gather(
        database.unit(lambda connection: add(connection, "alice")),
        database.unit(wrong),
        database.unit(lambda connection: add(connection, "bob")),
        return_exceptions=True,
    )

    assert ["alice", IntegrityError, "bob"] == [one if isinstance(one, str) else type(one) for one in outcomes]
    assert 2 == await database.look(count)


async def test_a_caller_that_has_left_takes_nobody_with_it(database: Database) -> None:
    """What was asked for is done, and the others are answered."""
    leaving = asyncio.create_task(database.unit(lambda connection: add(connection, "alice")))
    staying = asyncio.create_task(database.unit(lambda connection: add(connection, "bob")))
    await asyncio.sleep(0)
    leaving.cancel()

    assert "bob" == await staying
    assert 2 == await database.look(count)


async def test_all_of_them_wait_where_another_process_has_the_file(database: Database, path: Path) -> None:
    """In a thread that may wait; none is lost."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.gather(*(database.unit(lambda connection, who=who: add(connection, f"{who}")) for who in range(3)))  # type: ignore[misc]
    await asyncio.sleep(0.05)
    assert not waiting.done()
    other.execute("COMMIT")
    other.close()

    assert ["0", "1", "2"] == await waiting
    assert 3 == await database.look(count)


async def test_what_has_the_tables_types_reads_as_sqlalchemy_reads_it(database: Database) -> None:
    """Statements that the driver runs and those that SQLAlchemy runs see one row alike."""
    clients = SqlClients(database)
    client = Client("partner", "Partner", frozenset({"https://a.example/"}), frozenset({"openid"}), ("k", "l"))
    friend = replace(client, client_id="friend", hands_over_to=frozenset({"partner", "another"}), im1_enabled=True)
    await clients.put(client, friend)

    assert (friend, client) == await clients.all()
    assert [client, friend] == [await clients.get("partner"), await clients.get("friend")]
    assert DEFAULT_VECTORS == client.vectors


async def test_a_client_that_another_process_disables_is_disabled_at_once(database: Database, path: Path) -> None:
    """N6: a known row is read anew each time, and counts only while it says the same."""
    here, there = SqlClients(database), SqlClients(open_database(path))
    client = Client("partner", "Partner", frozenset({"https://a.example/"}), frozenset({"openid"}), ("k",), im1_enabled=True)
    await here.put(client)
    assert client == await here.get("partner")
    assert client is not await there.get("partner")

    for changed in (replace(client, im1_enabled=False), replace(client, disabled=True), client):
        await there.put(changed)
        assert changed == await here.get("partner")
        assert await here.get("partner") is await here.get("partner")

    there.database.close()

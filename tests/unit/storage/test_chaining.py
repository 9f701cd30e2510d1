"""The audit trail's chain: whole while nobody touches it, broken where somebody did (N7)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.ports import AuditEvent, AuditRecord, Saved
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql.chaining import BATCH, Broken, TrailChain, Whole
from gpic.storage.provider.sql.holdings import SqlHoldings
from gpic.storage.sealing import Sealer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def write(database: Database, records: int, person: str = "person-1") -> None:
    """So many audit records, in one save."""
    holdings = SqlHoldings(database, Sealer({"k1": bytes(range(32))}, "k1"))
    who = PersonId(person)
    holding: Holding = await holdings.load(who)
    lines = [AuditRecord(NOW, who, AuditEvent.CHECKED, holding.version + 1, why=f"line-{line}") for line in range(records)]
    assert isinstance(await holdings.save(holding, *lines), Saved)


async def tamper(database: Database, statement: str) -> None:
    """What somebody with the file could do: the triggers are no obstacle to them."""
    for trigger in ("audit_keeps", "audit_stands"):
        await database.unit(lambda connection, name=trigger: connection.execute(text(f"DROP TRIGGER {name}")))  # type: ignore[misc] # a default binds the loop's value
    await database.unit(lambda connection: connection.execute(text(statement)))


async def test_an_untouched_trail_is_whole(database: Database) -> None:
    """N7: more than one batch, sealed in several goes, verified from the beginning; sealing again changes nothing."""
    chain = TrailChain(database)
    await write(database, 3)

    assert 3 == await chain.seal()
    await write(database, BATCH + 5)
    assert BATCH + 5 == await chain.seal()
    assert 0 == await chain.seal()
    assert Whole(BATCH + 8) == await chain.verify()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit SET why = 'other' WHERE id = 4", Broken(4)),
        ("UPDATE audit SET at = at + 1 WHERE id = 1", Broken(1)),
        ("UPDATE audit SET pseudonym = 'another' WHERE id = 2", Broken(2)),
        ("UPDATE audit SET client_id = 'x' WHERE id = 9", Broken(9)),
        ("UPDATE audit SET version = 7 WHERE id = 5", Broken(5)),
        ("UPDATE audit SET event = 'released' WHERE id = 5", Broken(5)),
        ("DELETE FROM audit WHERE id = 6", Broken(7)),
        ("DELETE FROM audit WHERE id = 1", Broken(2)),
        ("UPDATE audit SET hash = previous_hash WHERE id = 3", Broken(3)),
        ("UPDATE audit SET id = 99 WHERE id = 10", Broken(99)),
    ],
)
async def test_whatever_is_changed_breaks_it_there(database: Database, statement: str, expected: Broken) -> None:
    """N7: every column counts, and no record can go or move unnoticed."""
    await write(database, 10)
    await TrailChain(database).seal()

    await tamper(database, statement)

    assert expected == await TrailChain(database).verify()


async def test_two_sealers_at_once_make_one_chain(database: Database) -> None:
    """Any number of processes may seal: batches do not interleave."""
    await write(database, 3 * BATCH)

    await asyncio.gather(*(TrailChain(database).seal() for _ in range(4)))

    assert Whole(3 * BATCH) == await TrailChain(database).verify()


async def test_the_sealer_seals_once_more_when_it_stops(database: Database) -> None:
    """What was written last is chained before the process ends."""
    chain, stop = TrailChain(database), asyncio.Event()
    running = asyncio.create_task(chain.run(stop))
    await asyncio.sleep(0)
    await write(database, 2)

    stop.set()
    await running

    assert Whole(2) == await chain.verify()


async def test_an_empty_trail_is_whole(database: Database) -> None:
    """Nothing to tell is no tampering."""
    assert Whole(0) == await TrailChain(database).verify()

"""The audit trail's chain: whole while nobody touches it, broken where somebody did (N7)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.ports import AuditEvent, AuditRecord, Saved
from gpic.credentials.trail import Broken, HeadMissing, Whole
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql.chaining import BATCH, TrailChain
from gpic.storage.provider.sql.holdings import SqlHoldings
from gpic.storage.sealing import Sealer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def write(database: Database, records: int, person: str = "person-1", at: datetime = NOW) -> None:
    """So many audit records, in one save."""
    holdings = SqlHoldings(database, Sealer({"k1": bytes(range(32))}, "k1"))
    who = PersonId(person)
    holding: Holding = await holdings.load(who)
    lines = [AuditRecord(at, who, AuditEvent.CHECKED, holding.version + 1, why=f"line-{line}") for line in range(records)]
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


async def test_a_head_that_was_kept_elsewhere_is_found_again(database: Database) -> None:
    """N7: whoever writes the whole chain anew, or cuts its end off, is found out by it."""
    chain = TrailChain(database)
    await write(database, 3)
    await chain.seal()
    first = await chain.verify()
    await write(database, 2)
    await chain.seal()
    assert isinstance(first, Whole)

    assert Whole(5) == await chain.verify(first.head)
    assert isinstance(await chain.verify("0" * 64), HeadMissing)
    await tamper(database, "DELETE FROM audit WHERE id >= 3")
    assert isinstance(await chain.verify(first.head), HeadMissing)


async def test_what_is_older_than_it_is_kept_goes_and_the_chain_stays_whole(database: Database) -> None:
    """N7: more than one batch; what was not chained yet stays, and everything after the first record that is kept."""
    chain, day = TrailChain(database), timedelta(days=1)
    await write(database, BATCH + 5, at=NOW - 40 * day)
    await write(database, 2, at=NOW)
    await write(database, 1, at=NOW - 40 * day)  # late, behind one that is kept
    await chain.seal()
    await write(database, 1, at=NOW)
    head = await chain.verify()
    assert isinstance(head, Whole)

    assert BATCH + 5 == await chain.retain(NOW - 30 * day, NOW)
    assert 0 == await chain.retain(NOW - 30 * day, NOW)
    assert Whole(3) == await chain.verify(head.head)
    assert 1 == await chain.seal()
    assert Whole(4) == await chain.verify()
    assert [NOW, NOW, NOW - 40 * day, NOW] == [one.at async for one in chain.records(NOW - 100 * day, NOW + day)]


async def test_when_everything_went_the_chain_goes_on_from_its_end(database: Database) -> None:
    """N7: the next record follows the last that went; nobody can put another past in its place."""
    chain = TrailChain(database)
    await write(database, 3)
    await chain.seal()
    before = await chain.verify()
    assert isinstance(before, Whole)

    assert 3 == await chain.retain(NOW + timedelta(days=1), NOW)
    await write(database, 1)
    await chain.seal()
    (record,) = [one async for one in chain.records(NOW, NOW + timedelta(days=1))]

    assert before.head == record.previous_hash
    assert Whole(1) == await chain.verify(before.head)


async def test_only_what_was_let_go_can_be_deleted(database: Database) -> None:
    """N7: the database itself refuses anything else, after a retention as before it."""
    chain = TrailChain(database)
    await write(database, 3)
    await chain.seal()
    await chain.retain(NOW + timedelta(days=1), NOW)
    await write(database, 1)

    with pytest.raises(IntegrityError, match="append-only"):
        await database.unit(lambda connection: connection.execute(text("DELETE FROM audit")))

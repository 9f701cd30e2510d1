"""Chains the audit trail by hash, in batches and afterwards, so that no request waits for it (N7).

Each record's hash covers the record and the hash before it: whoever changes, removes or inserts a record must write every
later hash anew, and the newest one can be kept where they cannot reach it. No key is in it, so the chain outlives all keys.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from gpic.credentials.trail import Broken, ChainedRecord, HeadMissing, Whole
from gpic.nhs.clock import to_microseconds
from gpic.storage.provider.database import Database
from gpic.storage.provider.tables import audit, audit_ends

LOG: Final = logging.getLogger("gpic.storage")
#: Records chained in one transaction: few enough that nobody who logs in meanwhile waits long.
BATCH: Final = 200
#: Names the lock under which one process at a time seals.
SEALING: Final = 0x67706964
#: What the first record follows.
BEGINNING: Final = ""

AnyRow = Row[*tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Ends:
    """Where the part ended that is not kept any more."""

    up_to: int
    hash: str


NOTHING_GONE: Final = Ends(0, BEGINNING)


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a walk has come: the hash to follow, the record that carries it, and how many there were."""

    previous: str
    last: int
    records: int


@dataclass(frozen=True, slots=True)
class TrailChain:
    """The chain of one provider's audit trail. Any number of processes may seal: one at a time does."""

    database: Database

    async def run(self, stop: asyncio.Event, every: timedelta = timedelta(seconds=5)) -> None:
        """Seal what is new now and then, and once more at the end."""
        while not stop.is_set():
            await self._seal_or_say()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every.total_seconds()):
                    await stop.wait()
        await self._seal_or_say()

    async def seal(self) -> int:
        """Chain every record that is not yet; how many that were."""
        sealed, horizon = 0, await self.database.unit(horizon_of, long=True)
        while batch := await self.database.unit(partial(seal_batch, horizon), long=True):
            sealed += batch
        return sealed

    async def verify(self, kept: str = "") -> Whole | Broken | HeadMissing:
        """Walk the whole chain from where it begins now, batch by batch; a head that was *kept* must be passed."""
        ends = await self.database.look(ended_at)
        place, is_passed = _Place(ends.hash, ends.up_to, 0), kept in {"", ends.hash}
        while rows := await self.database.look(partial(_chained_after, place.last), long=True):
            for row in rows:
                if row.previous_hash != place.previous or row.hash != hash_of(row, place.previous):
                    return Broken(row.id)
                place = _Place(row.hash, row.id, place.records + 1)
                is_passed = is_passed or row.hash == kept
        return Whole(place.records, place.previous) if is_passed else HeadMissing()

    async def records(self, since: datetime, until: datetime) -> AsyncIterator[ChainedRecord]:
        """The records of a time, oldest first, chained or not yet."""
        last = 0
        while rows := await self.database.look(partial(_written_after, last, since, until), long=True):
            for row in rows:
                yield ChainedRecord(
                    row.id, row.at, row.pseudonym, row.event, row.client_id, row.version, row.why, row.previous_hash, row.hash
                )
            last = rows[-1].id

    async def retain(self, since: datetime, now: datetime) -> int:
        """Let go of everything that was written before *since*, up to the first record that is kept; how many that were.

        Only what is chained goes, so that the chain can go on from the last of it. In steps that nobody waits long for.
        """
        gone, up_to = 0, await self.database.look(partial(_last_before, since))
        while batch := await self.database.unit(partial(let_go, up_to, now), long=True):
            gone += batch
        return gone

    async def _seal_or_say(self) -> None:
        try:
            await self.seal()
        except Exception as failure:  # noqa: BLE001 - a full disk or a lock: what was not sealed now is sealed next time
            LOG.warning("the audit trail could not be chained: %s", type(failure).__name__)


def horizon_of(connection: Connection) -> int:
    """The number up to which every record that will ever be there is there now.

    PostgreSQL gives numbers out before their transactions end, so that a lower one may appear after a higher one. The lock
    waits for those under way and is over at once; SQLite has one writer at a time.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE audit IN SHARE MODE"))
    return int(connection.execute(select(func.coalesce(func.max(audit.c.id), 0))).scalar_one())


def seal_batch(horizon: int, connection: Connection) -> int:
    """Chain the oldest records up to *horizon* that are not yet; how many that were."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(SEALING)))
    newest = select(audit.c.id, audit.c.hash).where(audit.c.hash.is_not(None)).order_by(audit.c.id.desc()).limit(1)
    ends = ended_at(connection)
    last, previous = connection.execute(newest).one_or_none() or (ends.up_to, ends.hash)
    # Records are chained in the order of their numbers, so what is not chained yet stands behind the newest that is.
    waiting = select(audit).where(audit.c.id > last, audit.c.id <= horizon).order_by(audit.c.id).limit(BATCH)
    rows = connection.execute(waiting).all()
    for row in rows:
        digest = hash_of(row, previous)
        connection.execute(update(audit).where(audit.c.id == row.id).values(previous_hash=previous, hash=digest))
        previous = digest
    return len(rows)


def hash_of(row: AnyRow, previous: str) -> str:
    """SHA-256 over a record and the hash before it, in one canonical form; 64 hex digits."""
    record = (previous, row.id, to_microseconds(row.at), row.pseudonym, row.event, row.client_id, row.version, row.why)
    return hashlib.sha256(msgspec.json.encode(record)).hexdigest()


def _chained_after(last: int, connection: Connection) -> Sequence[AnyRow]:
    chained = select(audit).where(audit.c.id > last, audit.c.hash.is_not(None)).order_by(audit.c.id).limit(BATCH)
    return connection.execute(chained).all()


def ended_at(connection: Connection) -> Ends:
    """Where the chain begins now."""
    row = connection.execute(select(audit_ends).order_by(audit_ends.c.up_to.desc()).limit(1)).first()
    return Ends(row.up_to, row.hash) if row else NOTHING_GONE


def let_go(up_to: int, now: datetime, connection: Connection) -> int:
    """Delete the oldest records up to a number, the end of them written down first; how many that were."""
    chained = audit.c.hash.is_not(None) & (audit.c.id <= up_to)
    rows = connection.execute(select(audit.c.id, audit.c.hash).where(chained).order_by(audit.c.id).limit(BATCH)).all()
    if rows:
        connection.execute(insert(audit_ends).values(up_to=rows[-1].id, hash=rows[-1].hash, at=now))
        connection.execute(delete(audit_ends).where(audit_ends.c.up_to < rows[0].id))
        connection.execute(delete(audit).where(audit.c.id <= rows[-1].id))
    return len(rows)


def _last_before(since: datetime, connection: Connection) -> int:
    """The number before that of the first record that is kept."""
    first_kept = select(func.min(audit.c.id)).where((audit.c.at >= since) | audit.c.hash.is_(None))
    newest = select(func.max(audit.c.id))
    kept = connection.execute(first_kept).scalar()
    return kept - 1 if kept is not None else connection.execute(newest).scalar() or 0


def _written_after(last: int, since: datetime, until: datetime, connection: Connection) -> Sequence[AnyRow]:
    of_the_time = (audit.c.id > last) & (audit.c.at >= since) & (audit.c.at < until)
    return connection.execute(select(audit).where(of_the_time).order_by(audit.c.id).limit(BATCH)).all()

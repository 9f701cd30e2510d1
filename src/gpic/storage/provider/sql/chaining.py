"""Chains the audit trail by hash, in batches and afterwards, so that no request waits for it (N7).

Each record's hash covers the record and the hash before it: whoever changes, removes or inserts a record must write every
later hash anew, and the newest one can be kept where they cannot reach it. No key is in it, so the chain outlives all keys.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import Connection, Row, select, update

from gpic.nhs.clock import to_microseconds
from gpic.storage.provider.database import Database
from gpic.storage.provider.tables import audit

LOG: Final = logging.getLogger("gpic.storage")
#: Records chained in one transaction: few enough that nobody who logs in meanwhile waits long.
BATCH: Final = 200
#: What the first record follows.
BEGINNING: Final = ""

AnyRow = Row[*tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Whole:
    """Every chained record is as it was; so many are."""

    records: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record that does not fit the one before it, by its number."""

    at: int


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
        sealed = 0
        while batch := await self.database.unit(seal_batch):
            sealed += batch
        return sealed

    async def verify(self) -> Whole | Broken:
        """Walk the whole chain from its beginning, batch by batch."""
        place = _Place(BEGINNING, 0, 0)
        while rows := await self.database.look(partial(_chained_after, place.last)):
            for row in rows:
                if row.previous_hash != place.previous or row.hash != hash_of(row, place.previous):
                    return Broken(row.id)
                place = _Place(row.hash, row.id, place.records + 1)
        return Whole(place.records)

    async def _seal_or_say(self) -> None:
        try:
            await self.seal()
        except Exception as failure:  # noqa: BLE001 - a full disk or a lock: what was not sealed now is sealed next time
            LOG.warning("the audit trail could not be chained: %s", type(failure).__name__)


def seal_batch(connection: Connection) -> int:
    """Chain the oldest records that are not yet; how many that were."""
    newest = select(audit.c.id, audit.c.hash).where(audit.c.hash.is_not(None)).order_by(audit.c.id.desc()).limit(1)
    last, previous = connection.execute(newest).one_or_none() or (0, BEGINNING)
    # Records are chained in the order of their numbers, so what is not chained yet stands behind the newest that is.
    rows = connection.execute(select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(BATCH)).all()
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

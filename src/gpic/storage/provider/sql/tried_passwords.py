"""How often passwords were tried; neither account nor address can be read there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, case, delete, select, update

from gpic.provider.sign_in_limits import Limit, Tries, counted, wait
from gpic.storage.provider.database import Database, put, sweep
from gpic.storage.provider.tables import tried_passwords as table
from gpic.storage.sealing import Sealer

PURPOSE: Final = "tried_passwords.what"


@dataclass(frozen=True, slots=True)
class SqlTriedPasswords:
    """A row for each account and address, by its keyed hash."""

    database: Database
    sealer: Sealer

    async def begin(self, limits: Sequence[tuple[str, Limit]], now: datetime) -> timedelta | None:
        """Count one try at each, or say how long a pause lasts."""

        def work(connection: Connection) -> timedelta | None:
            sweep(connection, table.c.what_hash, now)
            there = {what: self._tries(connection, what) for what, _ in limits}
            pause = max(wait(there[what], limit, now) for what, limit in limits)
            if pause:
                return pause
            for what, limit in limits:
                self._keep(connection, what, counted(there[what], limit, now), limit)
            return None

        return await self.database.unit(work)

    async def forget(self, what: str) -> None:
        """Nothing is counted there any more."""
        theirs = table.c.what_hash.in_(self.sealer.keyed_hashes(what, PURPOSE))
        await self.database.unit(lambda connection: connection.execute(delete(table).where(theirs)))

    async def take_back(self, what: str) -> None:
        """One try less there."""
        theirs = table.c.what_hash.in_(self.sealer.keyed_hashes(what, PURPOSE))
        fewer = case((table.c["count"] > 0, table.c["count"] - 1), else_=0)
        await self.database.unit(lambda connection: connection.execute(update(table).where(theirs).values(count=fewer)))

    def _tries(self, connection: Connection, what: str) -> Tries | None:
        """What was counted, under whichever key."""
        theirs = table.c.what_hash.in_(self.sealer.keyed_hashes(what, PURPOSE))
        rows = connection.execute(select(table.c["count"], table.c.last).where(theirs)).all()
        return max((Tries(count, last) for count, last in rows), key=lambda tries: tries.last, default=None)

    def _keep(self, connection: Connection, what: str, tries: Tries, limit: Limit) -> None:
        hashes = self.sealer.keyed_hashes(what, PURPOSE)
        connection.execute(delete(table).where(table.c.what_hash.in_(hashes[1:])))
        expires = tries.last + limit.forgotten_after
        put(connection, table, what_hash=hashes[0], count=tries.count, last=tries.last, expires=expires)

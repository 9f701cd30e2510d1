"""Holdings and the audit trail, written together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, select, update

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.ports import AuditEvent, AuditRecord, Saved, Stale, withheld_because
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.organisations import OdsCode
from gpic.storage.provider.database import Database, insert, put
from gpic.storage.provider.sql import trail
from gpic.storage.provider.sql.holding_rows import columns_of, holding_in
from gpic.storage.provider.sql.pseudonyms import introduce
from gpic.storage.provider.tables import holdings, releases
from gpic.storage.provider.wire import Ready
from gpic.storage.sealing import Sealer

OF_PERSON: Final = select(holdings).where(holdings.c.person == bindparam("whose"))
HELD: Final = Ready(OF_PERSON)
KEPT: Final = Ready(OF_PERSON.with_for_update())
WRITE: Final = update(holdings).where(holdings.c.person == bindparam("whose"), holdings.c.version == bindparam("read_at"))
RELEASED_AT: Final = Ready(
    select(releases.c.released_at).where(releases.c.person == bindparam("whose"), releases.c.client_id == bindparam("whom"))
)


@dataclass(frozen=True, slots=True)
class SqlHoldings:
    """Holdings, a row each; details and token sealed for their person and version."""

    database: Database
    sealer: Sealer

    async def load(self, person: PersonId) -> Holding:
        """What is held; an EMPTY holding of version 0 for a person never seen."""
        return await self.database.ask(lambda connection: self._read(connection, person))

    async def save(self, holding: Holding, *records: AuditRecord) -> Saved | Stale:
        """Store *holding* over the version it was read at, with the records, in one transaction, or nothing of both."""
        newer = replace(holding, version=holding.version + 1)

        def work(connection: Connection) -> Saved | Stale:
            introduce(connection, holding.person)
            if not self._write(connection, newer):
                return Stale(self._read(connection, holding.person))
            for record in records:
                trail.append(connection, record)
            return Saved(newer)

        return await self.database.unit(work)

    async def release(self, person: PersonId, client_id: str, at: datetime, practice: OdsCode | None) -> GpCredentials | None:
        """The details, if the stored state may be released, with the release record in one transaction (N4, N7)."""

        def work(connection: Connection) -> GpCredentials | None:
            holding = self._read(connection, person, and_keep_it=True)
            if why := withheld_because(holding, practice):
                trail.append(connection, AuditRecord(at, person, AuditEvent.WITHHELD, holding.version, client_id, why))
                return None
            put(connection, releases, person=person, client_id=client_id, released_at=at)
            trail.append(connection, AuditRecord(at, person, AuditEvent.RELEASED, holding.version, client_id))
            return holding.details

        return await self.database.unit(work)

    async def released_at(self, person: PersonId, client_id: str) -> datetime | None:
        """When this client last got this person's details (N16)."""
        asked = {"whose": person, "whom": client_id}
        return await self.database.ask(lambda connection: RELEASED_AT.scalar(connection, asked))

    async def note(self, record: AuditRecord) -> None:
        """Write this down, whatever is held (N7)."""
        await self.database.unit(lambda connection: trail.append(connection, record))

    async def last_released_at(self, person: PersonId) -> datetime | None:
        """When any partner last got this person's details (N18)."""
        latest = select(func.max(releases.c.released_at)).where(releases.c.person == person)
        return await self.database.look(lambda connection: connection.execute(latest).scalar())

    async def trail(self, person: PersonId) -> tuple[AuditRecord, ...]:
        """Everything written down about this person, oldest first."""
        return await self.database.look(lambda connection: trail.of(connection, person))

    def _read(self, connection: Connection, person: PersonId, *, and_keep_it: bool = False) -> Holding:
        row = (KEPT if and_keep_it else HELD).first(connection, {"whose": person})
        return holding_in(row, self.sealer) if row else Holding(person)

    def _write(self, connection: Connection, newer: Holding) -> bool:
        columns = columns_of(newer, self.sealer)
        if newer.version == 1:
            new = insert(connection, holdings).values(**columns).on_conflict_do_nothing(index_elements=["person"])
            return connection.execute(new.returning(holdings.c.person)).first() is not None
        return connection.execute(WRITE, columns | {"whose": newer.person, "read_at": newer.version - 1}).rowcount == 1

"""Everything that is kept of one person: handed out to them, or erased (N3, N7).

The audit trail outlives both. It names nobody: once the mapping to the pseudonym is gone, no one can tell whose lines they
are, and the chain stays whole. What waits on pages, and what counts tries, stands under hashes and goes by itself within a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, delete, select

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.ports import AuditEvent, AuditRecord
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql import trail
from gpic.storage.provider.sql.accounts import opened
from gpic.storage.provider.sql.client_metadata import place_of
from gpic.storage.provider.sql.holding_rows import holding_in
from gpic.storage.provider.sql.numbers import history_of
from gpic.storage.provider.tables import (
    accounts,
    client_metadata,
    consents,
    families,
    holdings,
    nhs_numbers,
    passkeys,
    persons,
    releases,
    remembered_devices,
    sessions,
)
from gpic.storage.sealing import Sealer

#: What belongs to an account, and what to the person; the person's row, and with it the pseudonym, goes last. With the families
#: of logins go their codes and refresh tokens, so that nothing that was given away opens anything any more.
OF_ACCOUNTS: tuple[Table, ...] = (sessions, consents, client_metadata, remembered_devices, passkeys, families)
OF_PERSONS: tuple[Table, ...] = (accounts, nhs_numbers, holdings, releases, persons)

Told = dict[str, object]


@dataclass(frozen=True, slots=True)
class SqlPersonFiles:
    """Over every table that holds something of a person."""

    database: Database
    sealer: Sealer
    also: Callable[[Connection, PersonId], None]  #: erases in the same transaction what lies in tables of others

    async def export(self, person: PersonId, at: datetime) -> Told | None:
        """All that is kept, without keys, tokens and passwords; None for nobody we know. It is written down (N7)."""

        def work(connection: Connection) -> Told | None:
            if not is_known(connection, person):
                return None
            told = self._told(connection, person)
            trail.append(connection, AuditRecord(at, person, AuditEvent.EXPORTED, 0))
            return told

        return await self.database.unit(work, long=True)

    async def erase(self, person: PersonId, at: datetime) -> bool:
        """Delete all of it in one transaction, after a last line in the trail; False for nobody we know."""

        def work(connection: Connection) -> bool:
            if not is_known(connection, person):
                return False
            trail.append(connection, AuditRecord(at, person, AuditEvent.ERASED, 0))
            subjects = connection.execute(select(accounts.c.subject).where(accounts.c.person == person)).scalars().all()
            for table in OF_ACCOUNTS:
                connection.execute(delete(table).where(table.c.subject.in_(subjects)))
            for table in OF_PERSONS:
                connection.execute(delete(table).where(table.c.person == person))
            self.also(connection, person)
            return True

        return await self.database.unit(work, long=True)

    def _told(self, connection: Connection, person: PersonId) -> Told:
        row = connection.execute(select(holdings).where(holdings.c.person == person)).one_or_none()
        holding = holding_in(row, self.sealer) if row else Holding(person)
        return {
            "person": person,
            "nhs_numbers": [number.digits for number in history_of(connection, self.sealer, person)],
            "accounts": list(self._accounts(connection, person)),
            "gp_credentials": told_of(holding),
            "released_to": [
                {"client_id": one.client_id, "last": one.released_at.isoformat()}
                for one in connection.execute(select(releases).where(releases.c.person == person))
            ],
            "trail": [
                {"at": record.at.isoformat(), "event": record.event, "client_id": record.client_id, "why": record.why}
                for record in trail.of(connection, person)
            ],
        }

    def _accounts(self, connection: Connection, person: PersonId) -> Iterator[Told]:
        for row in connection.execute(select(accounts).where(accounts.c.person == person)).all():
            account, _ = opened(row, self.sealer)
            yield {
                "sub": account.subject,
                "email": account.email,
                "phone": account.phone,
                "landline": account.landline,
                "level": account.level.name,
                "family_name": account.family_name,
                "given_name": account.given_name,
                "birth_date": account.birth_date,
                "practice": str(account.practice or ""),
                "last_signed_in": row.signed_in_at.isoformat() if row.signed_in_at else "",
                **self._beside(connection, account.subject),
            }

    def _beside(self, connection: Connection, subject: str) -> Told:
        def rows(table: Table) -> list[object]:
            return list(connection.execute(select(table).where(table.c.subject == subject)).all())

        return {
            "shared": [
                {"client_id": one.client_id, "scope": one.scope, "agreed": one.agreed_at.isoformat()}  # type: ignore[attr-defined]
                for one in rows(consents)
            ],
            "remembered_devices": [{"name": one.name, "since": one.since.isoformat()} for one in rows(remembered_devices)],  # type: ignore[attr-defined]
            "passkeys": [{"name": one.name, "since": one.since.isoformat()} for one in rows(passkeys)],  # type: ignore[attr-defined]
            "logins": [{"client_id": one.client_id, "kept_until": one.expires.isoformat()} for one in rows(families)],  # type: ignore[attr-defined]
            "kept_for_services": {
                one.client_id: self.sealer.open(one.sealed, place=place_of(subject, one.client_id)).decode()  # type: ignore[attr-defined]
                for one in rows(client_metadata)
            },
            "sessions": len(rows(sessions)),
        }


def is_known(connection: Connection, person: PersonId) -> bool:
    """Whether anything is kept of this person."""
    return connection.execute(select(persons.c.person).where(persons.c.person == person)).first() is not None


def told_of(holding: Holding) -> Told:
    """What of a holding may be told: never a key, a token, or the account id at the practice."""
    return {
        "state": holding.state.value,
        "practice": str(holding.practice or ""),
        "supplier": holding.supplier,
        "registered": holding.registered_at.isoformat() if holding.registered_at else "",
        "checked": holding.checked_at.isoformat() if holding.checked_at else "",
    }

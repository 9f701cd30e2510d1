"""The audit trail: appended to, never changed (N7)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import AuditEvent, AuditRecord
from gpic.storage.provider.sql.pseudonyms import introduce, pseudonym_of
from gpic.storage.provider.tables import accounts, audit, holdings
from gpic.storage.provider.wire import Ready

WRITE_DOWN: Final = Ready(insert(audit), ("at", "pseudonym", "event", "client_id", "version", "why"))


def append(connection: Connection, record: AuditRecord) -> None:
    """Write one record under its person's pseudonym."""
    pseudonym = pseudonym_of(connection, record.person)
    if pseudonym is None:
        introduce(connection, record.person)
        pseudonym = pseudonym_of(connection, record.person)  # of two who introduce somebody at once, one does
    row = {
        "at": record.at,
        "pseudonym": pseudonym,
        "event": record.event.value,
        "client_id": record.client_id,
        "version": record.version,
        "why": record.why,
    }
    WRITE_DOWN.run(connection, row)


def append_for_account(connection: Connection, subject: str, event: AuditEvent, client_id: str, at: datetime, why: str) -> None:
    """Write one record of the person behind an account; nothing for an account that nobody has."""
    theirs = select(accounts.c.person, holdings.c.version).outerjoin_from(
        accounts, holdings, accounts.c.person == holdings.c.person
    )
    row = connection.execute(theirs.where(accounts.c.subject == subject)).first()
    if row is not None:
        append(connection, AuditRecord(at, PersonId(row.person), event, row.version or 0, client_id, why))


def of(connection: Connection, person: PersonId) -> tuple[AuditRecord, ...]:
    """A person's records, oldest first."""
    theirs = select(audit).where(audit.c.pseudonym == pseudonym_of(connection, person)).order_by(audit.c.id)
    return tuple(
        AuditRecord(row.at, person, AuditEvent(row.event), row.version, row.client_id, row.why)
        for row in connection.execute(theirs)
    )

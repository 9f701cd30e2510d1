"""The audit trail: appended to, never changed (N7)."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import AuditEvent, AuditRecord
from gpic.storage.provider.sql.pseudonyms import introduce, pseudonym_of
from gpic.storage.provider.tables import audit


def append(connection: Connection, record: AuditRecord) -> None:
    """Write one record under its person's pseudonym."""
    introduce(connection, record.person)
    connection.execute(
        insert(audit).values(
            at=record.at,
            pseudonym=pseudonym_of(connection, record.person),
            event=record.event.value,
            client_id=record.client_id,
            version=record.version,
            why=record.why,
        )
    )


def of(connection: Connection, person: PersonId) -> tuple[AuditRecord, ...]:
    """A person's records, oldest first."""
    theirs = select(audit).where(audit.c.pseudonym == pseudonym_of(connection, person)).order_by(audit.c.id)
    return tuple(
        AuditRecord(row.at, person, AuditEvent(row.event), row.version, row.client_id, row.why)
        for row in connection.execute(theirs)
    )

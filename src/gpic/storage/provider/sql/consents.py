"""What people agreed to share, a row for each scope; what was withdrawn stays as a dated record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from gpic.credentials.ports import AuditEvent
from gpic.provider.ports import Sharing
from gpic.storage.provider.database import Database, put
from gpic.storage.provider.sql import grants, trail
from gpic.storage.provider.tables import consents
from gpic.storage.provider.wire import Ready

SHARED: Final = Ready(
    select(consents.c.scope).where(
        consents.c.subject == bindparam("whose"), consents.c.client_id == bindparam("whom"), consents.c.withdrawn_at.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class SqlConsents:
    """Consents by person, partner and scope."""

    database: Database

    async def all(self, subject: str) -> tuple[Sharing, ...]:
        """Everything that this person shares, by client id."""
        standing = (consents.c.subject == subject) & consents.c.withdrawn_at.is_(None)
        statement = select(consents.c.client_id, consents.c.scope).where(standing).order_by(consents.c.client_id)

        def work(connection: Connection) -> tuple[Sharing, ...]:
            rows = groupby(connection.execute(statement), key=itemgetter(0))
            return tuple(Sharing(client_id, frozenset(scope for _, scope in of_one)) for client_id, of_one in rows)

        return await self.database.look(work)

    async def agreed(self, subject: str, client_id: str) -> frozenset[str]:
        """The scopes that this person shares with this partner."""
        whose = {"whose": subject, "whom": client_id}
        return await self.database.ask(lambda connection: frozenset(row.scope for row in SHARED.rows(connection, whose)))

    async def agree(self, subject: str, client_id: str, scopes: frozenset[str], at: datetime) -> None:
        """Add scopes to what is shared."""

        def work(connection: Connection) -> None:
            for scope in sorted(scopes):
                row = {"subject": subject, "client_id": client_id, "scope": scope}
                put(connection, consents, **row, agreed_at=at, withdrawn_at=None)

        await self.database.unit(work)

    async def withdraw(self, subject: str, client_id: str, at: datetime) -> None:
        """Share nothing any more, end every token that came of it, and write that down: one transaction (N6, N7)."""
        standing = (consents.c.subject == subject) & (consents.c.client_id == client_id) & consents.c.withdrawn_at.is_(None)
        statement = update(consents).where(standing).values(withdrawn_at=at)

        def work(connection: Connection) -> None:
            grants.revoke_between(connection, subject, client_id)
            if connection.execute(statement).rowcount:
                trail.append_for_account(connection, subject, AuditEvent.CONSENT_WITHDRAWN, client_id, at, "")

        await self.database.unit(work)

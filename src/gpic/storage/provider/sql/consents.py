"""What people agreed to share, a row for each scope; what was withdrawn stays as a dated record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from gpic.storage.provider.database import Database, put
from gpic.storage.provider.tables import consents


@dataclass(frozen=True, slots=True)
class SqlConsents:
    """Consents by person, partner and scope."""

    database: Database

    async def agreed(self, subject: str, client_id: str) -> frozenset[str]:
        """The scopes that this person shares with this partner."""
        standing = (consents.c.subject == subject) & (consents.c.client_id == client_id) & consents.c.withdrawn_at.is_(None)
        statement = select(consents.c.scope).where(standing)
        return await self.database.look(lambda connection: frozenset(connection.execute(statement).scalars()))

    async def agree(self, subject: str, client_id: str, scopes: frozenset[str], at: datetime) -> None:
        """Add scopes to what is shared."""

        def work(connection: Connection) -> None:
            for scope in sorted(scopes):
                row = {"subject": subject, "client_id": client_id, "scope": scope}
                put(connection, consents, **row, agreed_at=at, withdrawn_at=None)

        await self.database.unit(work)

    async def withdraw(self, subject: str, client_id: str, at: datetime) -> None:
        """Share nothing any more (N6)."""
        standing = (consents.c.subject == subject) & (consents.c.client_id == client_id) & consents.c.withdrawn_at.is_(None)
        statement = update(consents).where(standing).values(withdrawn_at=at)
        await self.database.change(statement)

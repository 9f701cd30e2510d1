"""What clients keep with us about people."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select

from gpic.storage.provider.database import Database, put
from gpic.storage.provider.tables import client_metadata
from gpic.storage.sealing import Sealer


@dataclass(frozen=True, slots=True)
class SqlClientMetadata:
    """A sealed text for each person and client."""

    database: Database
    sealer: Sealer

    async def of(self, subject: str, client_id: str) -> str:
        """The text, "" for none; raises SealBroken."""
        theirs = (client_metadata.c.subject == subject) & (client_metadata.c.client_id == client_id)
        statement = select(client_metadata.c.sealed).where(theirs)
        sealed = await self.database.look(lambda connection: connection.execute(statement).scalar())
        return self.sealer.open(sealed, place=place_of(subject, client_id)).decode() if sealed is not None else ""

    async def keep(self, subject: str, client_id: str, text: str) -> None:
        """Replace the text; "" deletes it."""
        if not text:
            theirs = (client_metadata.c.subject == subject) & (client_metadata.c.client_id == client_id)
            await self.database.change(delete(client_metadata).where(theirs))
            return
        row = {"subject": subject, "client_id": client_id}
        sealed = self.sealer.seal(text.encode(), place=place_of(subject, client_id))
        await self.database.unit(lambda connection: put(connection, client_metadata, **row, sealed=sealed))


def place_of(subject: str, client_id: str) -> str:
    """Where a seal belongs; the length keeps ("a", "b:c") and ("a:b", "c") apart."""
    return f"client_metadata.sealed:{len(subject)}:{subject}:{client_id}"

"""The register of partners."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Row, select

from gpic.provider.clients import AudiencePolicy, Client
from gpic.storage.provider.database import Database, put
from gpic.storage.provider.tables import clients


@dataclass(frozen=True, slots=True)
class SqlClients:
    """Partners, a row each."""

    database: Database

    async def get(self, client_id: str) -> Client | None:
        """The client, disabled or not."""

        def work(connection: Connection) -> Client | None:
            row = connection.execute(select(clients).where(clients.c.client_id == client_id)).one_or_none()
            return client_in(row) if row else None

        return await self.database.look(work)

    async def put(self, client: Client) -> None:
        """Add a client or replace it whole."""

        def work(connection: Connection) -> None:
            put(
                connection,
                clients,
                client_id=client.client_id,
                name=client.name,
                redirect_uris=sorted(client.redirect_uris),
                scopes=client.scopes,
                keys=list(client.keys),
                vectors=client.vectors,
                im1_enabled=client.im1_enabled,
                disabled=client.disabled,
                audience_policy=client.audience_policy.value,
            )

        await self.database.unit(work)


def client_in(row: Row[*tuple[object, ...]]) -> Client:
    """The client that a row holds."""
    return Client(
        client_id=row.client_id,
        name=row.name,
        redirect_uris=frozenset(row.redirect_uris),
        scopes=row.scopes,
        keys=tuple(row._mapping["keys"]),  # noqa: SLF001 - public in SQLAlchemy; `row.keys` is a method
        vectors=row.vectors,
        im1_enabled=row.im1_enabled,
        disabled=row.disabled,
        audience_policy=AudiencePolicy(row.audience_policy),
    )

"""The register of partners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial

from sqlalchemy import Connection, bindparam, delete, func, insert, literal_column, select, update

from gpic.provider.clients import AudiencePolicy, Client
from gpic.storage.provider.database import Database, put
from gpic.storage.provider.tables import client_metadata, clients, consents, families, handovers
from gpic.storage.provider.wire import Kept, Ready, Row


@dataclass(frozen=True, slots=True)
class SqlClients:
    """Partners, a row each. Each row is read anew; one that says what it said before is the same client (N6)."""

    database: Database
    known: dict[str, tuple[object, Client]] = field(default_factory=dict, repr=False, compare=False)

    async def get(self, client_id: str) -> Client | None:
        """The client, disabled or not."""
        row = await self.database.ask(partial(kept, client_id))
        if row is None:
            self.known.pop(client_id, None)
            return None
        found = self.known.get(client_id)
        if found is not None and found[0] == row.values:
            return found[1]
        client = client_of(row.read())
        self.known[client_id] = (row.values, client)
        return client

    async def all(self) -> tuple[Client, ...]:
        """Every client, in the order of their ids."""
        return await self.database.look(all_clients)

    async def put(self, *clients: Client) -> None:
        """Add clients or replace them whole: all of them in one transaction."""

        def work(connection: Connection) -> None:
            for client in clients:
                write(connection, client)

        await self.database.unit(work)

    async def change(self, client_id: str, decide: Callable[[Client | None], Client]) -> Client:
        """Replace a client by what *decide* makes of it, in one transaction."""

        def work(connection: Connection) -> Client:
            client = decide(read(connection, client_id))
            write(connection, client)
            return client

        return await self.database.unit(work)

    async def remove(self, client_id: str, at: datetime) -> bool:
        """Forget a client and all that depends on it; False when there is none."""
        return await self.database.unit(lambda connection: erase(connection, client_id, at))


@cache
def client_on(dialect: str) -> Ready:
    """A client's row, with the ids of those that believe it, a line each."""
    believed = (
        func.string_agg(handovers.c.to_client_id, literal_column("chr(10)"))
        if dialect == "postgresql"
        else func.group_concat(handovers.c.to_client_id, literal_column("char(10)"))
    )
    theirs = select(believed).where(handovers.c.client_id == clients.c.client_id).scalar_subquery()
    return Ready(select(clients, theirs.label("believed_by")).where(clients.c.client_id == bindparam("whom")))


def kept(client_id: str, connection: Connection) -> Kept | None:
    """The row of a client, not yet read."""
    return client_on(connection.dialect.name).as_kept(connection, {"whom": client_id})


def read(connection: Connection, client_id: str) -> Client | None:
    """The client of this id."""
    row = client_on(connection.dialect.name).first(connection, {"whom": client_id})
    return client_of(row) if row else None


def all_clients(connection: Connection) -> tuple[Client, ...]:
    """In the order of their ids, whatever order the database has for texts."""
    believed = defaultdict(set)
    for row in connection.execute(select(handovers)):
        believed[row.client_id].add(row.to_client_id)
    rows = connection.execute(select(clients)).all()
    # SQLAlchemy's `row.keys` is a method.
    found = (client_in(row, row._mapping["keys"], frozenset(believed[row.client_id])) for row in rows)  # noqa: SLF001 - public
    return tuple(sorted(found, key=lambda client: client.client_id))


def write(connection: Connection, client: Client) -> None:
    """A client's row, and a row for each client that believes it."""
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
        algorithm=client.algorithm,
    )
    connection.execute(delete(handovers).where(handovers.c.client_id == client.client_id))
    if client.hands_over_to:
        rows = [{"client_id": client.client_id, "to_client_id": to} for to in sorted(client.hands_over_to)]
        connection.execute(insert(handovers), rows)


def erase(connection: Connection, client_id: str, at: datetime) -> bool:
    """Whoever comes under this id later on inherits nothing."""
    if connection.execute(delete(clients).where(clients.c.client_id == client_id)).rowcount == 0:
        return False
    connection.execute(delete(handovers).where(handovers.c.to_client_id == client_id))
    connection.execute(delete(client_metadata).where(client_metadata.c.client_id == client_id))
    connection.execute(update(families).where(families.c.client_id == client_id).values(revoked=True))
    standing = (consents.c.client_id == client_id) & consents.c.withdrawn_at.is_(None)
    connection.execute(update(consents).where(standing).values(withdrawn_at=at))
    return True


def client_of(row: Row) -> Client:
    """The client that a row of client_on holds."""
    return client_in(row, row.keys, frozenset((row.believed_by or "").splitlines()))


def client_in(row: Row, keys: Sequence[str], hands_over_to: frozenset[str]) -> Client:
    """The client that a row holds; *keys* is its column of that name."""
    return Client(
        client_id=row.client_id,
        name=row.name,
        redirect_uris=frozenset(row.redirect_uris),
        scopes=row.scopes,
        keys=tuple(keys),
        vectors=row.vectors,
        im1_enabled=row.im1_enabled,
        disabled=row.disabled,
        audience_policy=AudiencePolicy(row.audience_policy),
        algorithm=row.algorithm,
        hands_over_to=hands_over_to,
    )

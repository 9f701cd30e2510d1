"""What browsers hold a cookie for: sessions, and requests that wait for their person."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, select, update

from gpic.nhs.clock import Clocks
from gpic.provider.sessions import Session
from gpic.provider.stages import Interaction
from gpic.storage.provider.database import Database, insert, put, sweep
from gpic.storage.provider.tables import interactions, sessions
from gpic.storage.provider.wire import Ready
from gpic.storage.sealing import Sealer, sha256

LIVING: Final = Ready(select(sessions).where(sessions.c.id_hash == bindparam("session"), sessions.c.expires > bindparam("now")))


@dataclass(frozen=True, slots=True)
class SqlSessions:
    """Browser sessions by the hash of their id."""

    database: Database
    clocks: Clocks = field(default_factory=Clocks)

    async def save(self, session: Session) -> None:
        """Keep a session until it expires."""

        def work(connection: Connection) -> None:
            sweep(connection, sessions.c.id_hash, self.clocks.world.now())
            put(
                connection,
                sessions,
                id_hash=sha256(session.id),
                subject=session.subject,
                vector=(session.vector,),
                auth_time=session.auth_time,
                signed_in_at=session.signed_in_at,
                expires=session.expires,
            )

        await self.database.unit(work)

    async def get(self, session_id: str, now: datetime) -> Session | None:
        """The session, unless it is unknown or expired at *now* (world clock)."""

        def work(connection: Connection) -> Session | None:
            row = LIVING.first(connection, {"session": sha256(session_id), "now": now})
            return (
                Session(session_id, row.subject, row.vector[0], row.auth_time, row.signed_in_at, row.expires) if row else None
            )

        return await self.database.ask(work)

    async def end(self, session_id: str) -> None:
        """Forget it."""
        statement = delete(sessions).where(sessions.c.id_hash == sha256(session_id))
        await self.database.change(statement)

    async def end_all(self, subject: str, but: str) -> None:
        """Forget all of this account but one."""
        theirs = (sessions.c.subject == subject) & (sessions.c.id_hash != sha256(but))
        await self.database.change(delete(sessions).where(theirs))


@dataclass(frozen=True, slots=True)
class SqlInteractions:
    """Waiting requests by the hash of their id, sealed: they carry a session's id and what a partner said of a person."""

    database: Database
    sealer: Sealer
    clocks: Clocks = field(default_factory=Clocks)

    async def save(self, interaction: Interaction) -> None:
        """Keep it, replacing an earlier state of the same id; a finished one stays finished."""
        id_hash = sha256(interaction.id)
        plain = msgspec.json.encode(replace(interaction, id=""))

        def work(connection: Connection) -> None:
            sweep(connection, interactions.c.id_hash, self.clocks.wire.now())
            state = {"sealed": self.sealer.seal(plain, place=place_of(id_hash)), "expires": interaction.expires}
            new = insert(connection, interactions).values(id_hash=id_hash, finished=False, **state)
            connection.execute(new.on_conflict_do_update(index_elements=["id_hash"], set_=state))

        await self.database.unit(work)

    async def get(self, interaction_id: str, now: datetime) -> Interaction | None:
        """The interaction, unless unknown, finished or expired at *now* (wire clock)."""
        id_hash = sha256(interaction_id)
        waiting = (interactions.c.id_hash == id_hash) & interactions.c.finished.is_(False) & (interactions.c.expires > now)

        def work(connection: Connection) -> Interaction | None:
            sealed = connection.execute(select(interactions.c.sealed).where(waiting)).scalar()
            if sealed is None:
                return None
            kept = msgspec.json.decode(self.sealer.open(sealed, place=place_of(id_hash)), type=Interaction)
            return replace(kept, id=interaction_id)

        return await self.database.look(work)

    async def finish(self, interaction_id: str) -> bool:
        """End it; True for exactly one caller."""
        waiting = (interactions.c.id_hash == sha256(interaction_id)) & interactions.c.finished.is_(False)
        statement = update(interactions).where(waiting).values(finished=True)
        return await self.database.change(statement) == 1


def place_of(id_hash: str) -> str:
    """Where an interaction's seal belongs."""
    return f"interactions.sealed:{id_hash}"

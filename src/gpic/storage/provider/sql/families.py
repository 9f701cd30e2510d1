"""Refresh tokens and the families that tokens belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Row, Update, bindparam, select, update

from gpic.nhs.clock import Clock, SystemClock
from gpic.provider.ports import Grant, JtiReplayed, JtiUse, Reused, Rotated, Rotation, TooWide, Unknown
from gpic.storage.provider.database import Database
from gpic.storage.provider.grace import GRACE
from gpic.storage.provider.sql import grants
from gpic.storage.provider.tables import families, refresh_tokens
from gpic.storage.provider.wire import Ready
from gpic.storage.sealing import Sealer, sha256

LIVES: Final = Ready(select(families.c.family).where(families.c.family == bindparam("which"), families.c.revoked.is_(False)))


@dataclass(frozen=True, slots=True)
class SqlFamilies:
    """Refresh tokens by their hash; the successor of one lies sealed beside it while the grace lasts."""

    database: Database
    sealer: Sealer
    world: Clock = field(default_factory=SystemClock)  #: of the audit trail

    async def rotate(
        self,
        refresh_token: str,
        client_id: str,
        use: JtiUse,
        now: datetime,
        *,
        asked: frozenset[str] = frozenset(),
        successor: str,
    ) -> Rotation:
        """Claim *use* and replace the latest refresh token by *successor*, in one transaction."""

        def work(connection: Connection) -> Rotation:
            connection.execute(forget_successors(now))
            if not grants.claim(connection, use, now):
                return JtiReplayed()
            token = token_of(connection, refresh_token, client_id, now)
            grant = grants.grant_of(connection, self.sealer, token.family) if token else None
            if token is None or grant is None:
                return Unknown()
            if not asked <= grant.scopes:
                return self._too_wide(connection, token, grant, now)
            if self._replace(connection, token.token_hash, successor, now):
                grants.add_token(connection, token.family, successor, now)
                return Rotated(grant, successor)
            return self._again(connection, token, grant, now)

        return await self.database.unit(work)

    async def revoke(self, family: str) -> None:
        """No token of this family works any more, and the trail says so."""
        at = self.world.now()
        await self.database.unit(lambda connection: grants.revoke(connection, family, at, "proof-did-not-fit"))

    async def is_alive(self, family: str) -> bool:
        """Whether tokens of this family still work."""
        return await self.database.ask(lambda connection: LIVES.first(connection, {"which": family}) is not None)

    def _replace(self, connection: Connection, token_hash: str, successor: str, now: datetime) -> bool:
        latest = (refresh_tokens.c.token_hash == token_hash) & refresh_tokens.c.replaced_by.is_(None)
        replaced = update(refresh_tokens).where(latest)
        values = {
            "replaced_by": sha256(successor),
            "sealed_successor": self.sealer.seal(successor.encode(), place=place_of(token_hash)),
            "grace_ends": now + GRACE,
        }
        return connection.execute(replaced.values(**values)).rowcount == 1

    def _too_wide(
        self, connection: Connection, token: Row[*tuple[object, ...]], grant: Grant, now: datetime
    ) -> TooWide | Reused:
        """Nothing is replaced; a token that comes back too late ends its family, whatever it asks for."""
        if token.replaced_by is not None and isinstance(self._again(connection, token, grant, now), Reused):
            return Reused()
        return TooWide()

    def _again(self, connection: Connection, token: Row[*tuple[object, ...]], grant: Grant, now: datetime) -> Rotated | Reused:
        row = connection.execute(select(refresh_tokens).where(refresh_tokens.c.token_hash == token.token_hash)).one()
        if row.sealed_successor and row.grace_ends >= now and is_latest(connection, row.replaced_by):
            return Rotated(grant, self.sealer.open(row.sealed_successor, place=place_of(row.token_hash)).decode())
        grants.revoke(connection, token.family, self.world.now(), "refresh-token-came-back")
        return Reused()


def forget_successors(now: datetime) -> Update:
    """Take away every successor whose grace is over: nobody shall find a live token under a seal."""
    over = refresh_tokens.c.grace_ends < now
    return update(refresh_tokens).where(over).values(sealed_successor=None, grace_ends=None)


def token_of(connection: Connection, refresh_token: str, client_id: str, now: datetime) -> Row[*tuple[object, ...]] | None:
    """The unexpired token of this client."""
    token = refresh_tokens.c.token_hash == sha256(refresh_token)
    theirs = token & (families.c.client_id == client_id) & (refresh_tokens.c.expires > now)
    return connection.execute(select(refresh_tokens).join(families).where(theirs)).one_or_none()


def is_latest(connection: Connection, token_hash: str) -> bool:
    """Whether this token was not replaced itself."""
    latest = (refresh_tokens.c.token_hash == token_hash) & refresh_tokens.c.replaced_by.is_(None)
    return connection.execute(select(refresh_tokens.c.token_hash).where(latest)).first() is not None


def place_of(token_hash: str) -> str:
    """Where a successor's seal belongs."""
    return f"refresh_tokens.sealed_successor:{token_hash}"

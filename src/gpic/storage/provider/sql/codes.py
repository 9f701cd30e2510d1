"""Authorization codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, update

from gpic.nhs.clock import Clock, SystemClock
from gpic.provider.ports import AlreadyUsed, Binding, Grant, JtiReplayed, JtiUse, Redeemed, Redemption, Unknown
from gpic.storage.provider.database import Database
from gpic.storage.provider.grace import REMEMBERED
from gpic.storage.provider.sql import grants
from gpic.storage.provider.tables import codes
from gpic.storage.provider.wire import Ready
from gpic.storage.sealing import Sealer, sha256

KEEP: Final = Ready(insert(codes), ("code_hash", "family", "client_id", "redirect_uri", "expires"))
SPEND: Final = Ready(
    update(codes)
    .where(
        codes.c.code_hash == bindparam("hashed"),
        codes.c.client_id == bindparam("whom"),
        codes.c.redirect_uri == bindparam("where"),
        codes.c.spent_at.is_(None),
        codes.c.expires > bindparam("now"),
    )
    .values(spent_at=bindparam("now"))
    .returning(codes.c.family)
)


@dataclass(frozen=True, slots=True)
class SqlCodes:
    """Codes by their hash. Each unit decides by rows that it inserts, updates or locks, so it needs no more (`row_by_row`)."""

    database: Database
    sealer: Sealer
    clock: Clock = field(default_factory=SystemClock)  #: the wire's, by which old families are cleared away
    world: Clock = field(default_factory=SystemClock)  #: of the audit trail

    async def save(self, code: str, binding: Binding, grant: Grant, expires: datetime) -> None:
        """Keep a code until it is redeemed or expires (wire clock), and for recognition of reuse a day longer."""

        def work(connection: Connection) -> None:
            grants.found(connection, self.sealer, grant, expires + REMEMBERED, self.clock.now())
            row = {"client_id": binding.client_id, "redirect_uri": binding.redirect_uri, "expires": expires}
            KEEP.run(connection, {"code_hash": sha256(code), "family": grant.family, **row})

        await self.database.unit(work)

    async def redeem(self, code: str, binding: Binding, use: JtiUse, now: datetime, *, refresh_token: str) -> Redemption:
        """Claim *use*, spend the code and keep *refresh_token* for its family: one transaction, exactly once."""

        def work(connection: Connection) -> Redemption:
            if not grants.claim(connection, use, now):
                return JtiReplayed()
            family = spend(connection, sha256(code), binding, now)
            if family is None:
                return spent_or_unknown(connection, sha256(code), binding, now, self.world.now())
            grant = grants.grant_of(connection, self.sealer, family)
            if grant is None:
                return Unknown()
            grants.add_token(connection, family, refresh_token, now)
            return Redeemed(grant)

        return await self.database.unit(work)


def spend(connection: Connection, code_hash: str, binding: Binding, now: datetime) -> str | None:
    """Spend a code that is good; its family, or None."""
    asked = {"hashed": code_hash, "whom": binding.client_id, "where": binding.redirect_uri, "now": now}
    family: str | None = SPEND.scalar(connection, asked)
    return family


def spent_or_unknown(
    connection: Connection, code_hash: str, binding: Binding, now: datetime, at: datetime
) -> AlreadyUsed | Unknown:
    """Why a code was not spent; a code that comes back ends its family, which is written down with *at* (world clock)."""
    ours = (codes.c.code_hash == code_hash) & (codes.c.client_id == binding.client_id)
    spent = ours & (codes.c.redirect_uri == binding.redirect_uri) & codes.c.spent_at.is_not(None)
    family = connection.execute(select(codes.c.family).where(spent, codes.c.expires > now - REMEMBERED)).scalar()
    if family is None:
        return Unknown()
    grants.revoke(connection, family, at, "code-came-back")
    return AlreadyUsed()

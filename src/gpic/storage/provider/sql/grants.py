"""What codes and refresh tokens share: the one use of an assertion, and the family with its sealed grant."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Final

import msgspec
from sqlalchemy import Connection, Table, bindparam, insert, select, update

from gpic.credentials.ports import AuditEvent
from gpic.provider.ports import Grant, JtiUse
from gpic.storage.provider.database import add, insert_of, sweep
from gpic.storage.provider.grace import REFRESH_LIFE
from gpic.storage.provider.sql import trail
from gpic.storage.provider.tables import families, jti_uses, refresh_tokens
from gpic.storage.provider.wire import Ready
from gpic.storage.sealing import Sealer, sha256

ALIVE: Final = Ready(
    select(families.c.sealed).where(families.c.family == bindparam("which"), families.c.revoked.is_(False)).with_for_update()
)
ADD_TOKEN: Final = Ready(insert(refresh_tokens), ("token_hash", "family", "expires"))
LENGTHEN: Final = Ready(update(families).where(families.c.family == bindparam("which")).values(expires=bindparam("until")))


def claim(connection: Connection, use: JtiUse, now: datetime, uses: Table = jti_uses) -> bool:
    """Claim the one use; False when it was claimed before and is still remembered."""
    sweep(connection, uses.c.use_hash, now)
    # The length keeps ("a", "b:c") and ("a:b", "c") apart.
    use_hash = sha256(f"{len(use.client_id)}:{use.client_id}:{use.jti}")
    row = {"use_hash": use_hash, "expires": use.expires, "now": now}
    return _claiming(connection.dialect.name, uses).first(connection, row) is not None


@cache
def _claiming(dialect: str, uses: Table) -> Ready:
    """An INSERT that takes over a row only where that is forgotten."""
    new = insert_of(dialect)(uses).values(use_hash=bindparam("use_hash"), expires=bindparam("expires"))
    forgotten = uses.c.expires <= bindparam("now", type_=uses.c.expires.type)
    taken = new.on_conflict_do_update(index_elements=["use_hash"], set_={"expires": new.excluded.expires}, where=forgotten)
    return Ready(taken.returning(uses.c.use_hash))


def found(connection: Connection, sealer: Sealer, grant: Grant, expires: datetime, now: datetime) -> None:
    """Start the grant's family; it goes, with all its codes and tokens, some time after *expires*."""
    sweep(connection, families.c.family, now)
    add(
        connection,
        families,
        family=grant.family,
        client_id=grant.client_id,
        subject=grant.subject,
        sealed=sealer.seal(msgspec.json.encode(grant), place=place_of(grant.family)),
        revoked=False,
        expires=expires,
    )


def grant_of(connection: Connection, sealer: Sealer, family: str) -> Grant | None:
    """The grant of a family that is alive; raises SealBroken."""
    sealed = ALIVE.scalar(connection, {"which": family})
    return msgspec.json.decode(sealer.open(sealed, place=place_of(family)), type=Grant) if sealed else None


def revoke(connection: Connection, family: str, at: datetime, why: str) -> None:
    """End a family, and write that down once (N7)."""
    alive = (families.c.family == family) & families.c.revoked.is_(False)
    ended = update(families).where(alive).values(revoked=True).returning(families.c.subject, families.c.client_id)
    row = connection.execute(ended).first()
    if row is not None and row.subject:
        trail.append_for_account(connection, row.subject, AuditEvent.REVOKED, row.client_id, at, why)


def revoke_between(connection: Connection, subject: str, client_id: str) -> None:
    """End every family of this person at this client."""
    theirs = (families.c.subject == subject) & (families.c.client_id == client_id)
    connection.execute(update(families).where(theirs).values(revoked=True))


def add_token(connection: Connection, family: str, refresh_token: str, now: datetime) -> None:
    """Make this the family's latest refresh token, and let the family live as long."""
    expires = now + REFRESH_LIFE
    ADD_TOKEN.run(connection, {"token_hash": sha256(refresh_token), "family": family, "expires": expires})
    LENGTHEN.run(connection, {"which": family, "until": expires})


def place_of(family: str) -> str:
    """Where a grant's seal belongs."""
    return f"families.sealed:{family}"

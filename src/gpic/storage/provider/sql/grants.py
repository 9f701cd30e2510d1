"""What codes and refresh tokens share: the one use of an assertion, and the family with its sealed grant."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, select, update

from gpic.provider.ports import Grant, JtiUse
from gpic.storage.provider.database import insert, sweep
from gpic.storage.provider.grace import REFRESH_LIFE
from gpic.storage.provider.tables import families, jti_uses, refresh_tokens
from gpic.storage.sealing import Sealer, sha256


def claim(connection: Connection, use: JtiUse, now: datetime) -> bool:
    """Claim the one use; False when it was claimed before and is still remembered."""
    sweep(connection, jti_uses, jti_uses.c.use_hash, jti_uses.c.expires <= now)
    # The length keeps ("a", "b:c") and ("a:b", "c") apart.
    use_hash = sha256(f"{len(use.client_id)}:{use.client_id}:{use.jti}")
    new = insert(connection, jti_uses).values(use_hash=use_hash, expires=use.expires)
    forgotten = jti_uses.c.expires <= now
    claimed = new.on_conflict_do_update(index_elements=["use_hash"], set_={"expires": use.expires}, where=forgotten)
    return connection.execute(claimed).rowcount == 1


def found(connection: Connection, sealer: Sealer, grant: Grant, expires: datetime, now: datetime) -> None:
    """Start the grant's family; it goes, with all its codes and tokens, some time after *expires*."""
    sweep(connection, families, families.c.family, families.c.expires <= now)
    new = insert(connection, families).values(
        family=grant.family,
        client_id=grant.client_id,
        sealed=sealer.seal(msgspec.json.encode(grant), place=place_of(grant.family)),
        revoked=False,
        expires=expires,
    )
    connection.execute(new.on_conflict_do_nothing(index_elements=["family"]))


def grant_of(connection: Connection, sealer: Sealer, family: str) -> Grant | None:
    """The grant of a family that is alive; raises SealBroken."""
    alive = select(families.c.sealed).where(families.c.family == family, families.c.revoked.is_(False))
    sealed = connection.execute(alive.with_for_update()).scalar()
    return msgspec.json.decode(sealer.open(sealed, place=place_of(family)), type=Grant) if sealed else None


def revoke(connection: Connection, family: str) -> None:
    """End a family."""
    connection.execute(update(families).where(families.c.family == family).values(revoked=True))


def add_token(connection: Connection, family: str, refresh_token: str, now: datetime) -> None:
    """Make this the family's latest refresh token, and let the family live as long."""
    expires = now + REFRESH_LIFE
    connection.execute(
        insert(connection, refresh_tokens).values(token_hash=sha256(refresh_token), family=family, expires=expires)
    )
    connection.execute(update(families).where(families.c.family == family).values(expires=expires))


def place_of(family: str) -> str:
    """Where a grant's seal belongs."""
    return f"families.sealed:{family}"

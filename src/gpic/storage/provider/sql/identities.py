"""Asserted identities: the logins that they refer to, and their one use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from gpic.provider.ports import Grant, JtiUse
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql import grants
from gpic.storage.provider.tables import asserted_uses, families
from gpic.storage.sealing import Sealer


@dataclass(frozen=True, slots=True)
class SqlAssertedIdentities:
    """An ID token's jti is its family's name: a login issues one ID token, and what is revoked asserts nothing."""

    database: Database
    sealer: Sealer

    async def login_of(self, client_id: str, id_token_jti: str) -> Grant | None:
        """The login in which this client got the ID token of this jti; None when it never did, or its tokens are revoked."""
        theirs = (families.c.family == id_token_jti) & (families.c.client_id == client_id) & families.c.revoked.is_(False)

        def work(connection: Connection) -> Grant | None:
            sealed = connection.execute(select(families.c.sealed).where(theirs)).scalar()
            if sealed is None:
                return None
            return msgspec.json.decode(self.sealer.open(sealed, place=grants.place_of(id_token_jti)), type=Grant)

        return await self.database.look(work)

    async def claim(self, use: JtiUse, now: datetime) -> bool:
        """Claim an asserted identity's one use: True for one caller until *use* expires."""
        return await self.database.unit(lambda connection: grants.claim(connection, use, now, asserted_uses))

"""Our signing keys, a row each; the private half lies sealed in it until the key retires."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, select

from gpic.jose.keys import PublicKey, SigningKey
from gpic.jose.registered import as_kept
from gpic.provider.signing_keys import HeldKey, HeldKeys
from gpic.storage.provider.database import Database, put
from gpic.storage.provider.tables import signing_keys
from gpic.storage.sealing import Sealer


@dataclass(frozen=True, slots=True)
class SqlSigningKeys:
    """Keys by their name."""

    database: Database
    sealer: Sealer

    async def all(self) -> HeldKeys:
        """Every key that is kept, the oldest first; raises SealBroken."""
        return await self.database.look(self._all)

    async def change(self, decide: Callable[[HeldKeys], HeldKeys]) -> HeldKeys:
        """Replace the keys by what *decide* makes of them, in one transaction."""

        def work(connection: Connection) -> HeldKeys:
            before = self._all(connection)
            after = decide(before)
            gone = {key.kid for key in before} - {key.kid for key in after}
            connection.execute(delete(signing_keys).where(signing_keys.c.kid.in_(gone)))
            for key in after:
                if key not in before:
                    self._write(connection, key)
            return after

        return await self.database.unit(work)

    def _all(self, connection: Connection) -> HeldKeys:
        rows = connection.execute(select(signing_keys).order_by(signing_keys.c.published_at, signing_keys.c.kid)).all()
        return tuple(self._read(row) for row in rows)

    def _read(self, row: Row[*tuple[object, ...]]) -> HeldKey:
        pem = self.sealer.open(row.sealed, place=place_of(row.kid)).decode() if row.sealed is not None else ""
        return HeldKey(
            public=PublicKey.from_pem(row.public_pem, row.kid),
            published_at=row.published_at,
            private=SigningKey.from_pem(pem) if pem else None,
            signs_since=row.signs_since,
            retired_at=row.retired_at,
        )

    def _write(self, connection: Connection, key: HeldKey) -> None:
        sealed = self.sealer.seal(key.private.private_pem.encode(), place=place_of(key.kid)) if key.private else None
        put(
            connection,
            signing_keys,
            kid=key.kid,
            public_pem=as_kept(PublicKey(key.public.rsa)),
            sealed=sealed,
            published_at=key.published_at,
            signs_since=key.signs_since,
            retired_at=key.retired_at,
        )


def place_of(kid: str) -> str:
    """Where a private key's seal belongs."""
    return f"signing_keys.sealed:{kid}"

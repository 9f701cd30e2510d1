"""Everything that the kit keeps of one person: handed out to them, or erased; either is written down beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gpic.nhs.clock import from_microseconds, to_microseconds
from gpic.relying_party.loop_guard import hashed, person
from gpic.relying_party.records import Linkage
from gpic.storage.partner import sql
from gpic.storage.partner.units import Transaction, Units

EXPORTED: Final = "exported"
ERASED: Final = "erased"

Told = dict[str, object]


@dataclass(frozen=True, slots=True)
class SqlPersonFiles:
    """Over every table that holds something of a person."""

    units: Units
    pointed_to: Callable[[Transaction, str], Linkage | None]  #: what somebody's details bought, opened

    async def export(self, sub: str, at: datetime) -> Told | None:
        """What is kept, without keys, tokens and the account id; None for nobody we know."""

        def work(transaction: Transaction) -> Told | None:
            told = self._told(transaction, sub)
            if told is not None:
                write_down(transaction, sub, EXPORTED, at)
            return told

        return await self.units.run(work)

    async def erase(self, sub: str, at: datetime) -> bool:
        """Delete pointer, returns, and the linkage where nobody else rightly points to it."""

        def work(transaction: Transaction) -> bool:
            if self._told(transaction, sub) is None:
                return False
            for (fingerprint,) in transaction.run(sql.FORGET, sub=sub).fetchall():
                transaction.run(sql.ERASE_UNLESS_OWNED, fingerprint=str(fingerprint))
            transaction.run(sql.CLEAR_RETURNS, who=person(sub))
            write_down(transaction, sub, ERASED, at)
            return True

        return await self.units.run(work)

    async def written_down(self, sub: str) -> tuple[tuple[datetime, str], ...]:
        """What was done with it, and when."""
        rows = await self.units.run(lambda transaction: transaction.run(sql.WRITTEN_DOWN, who=hashed(sub)).fetchall())
        return tuple((from_microseconds(int(str(at))), str(what)) for what, at in rows)

    def _told(self, transaction: Transaction, sub: str) -> Told | None:
        pointers = transaction.run(sql.POINTER_OF, sub=sub).fetchall()
        returns = transaction.run(sql.RETURNS_SINCE, who=person(sub), start=0).fetchall()
        if not pointers and not returns:
            return None
        linkage = self.pointed_to(transaction, sub)
        details, token = (linkage.details, linkage.token) if linkage is not None else (None, None)
        return {
            "sub": sub,
            "practice": details.ods_code.code if details is not None else "",
            "supplier": token.supplier if token is not None else "",
            "linkage_key": linkage.key_mark.value if linkage is not None else "none",
            "token": linkage.token_mark.value if token is not None and linkage is not None else "none",
            "showed_another_patient": any(not is_right for _, is_right in pointers),
            "returns_to_nhs_login": [
                {"why": str(why), "at": from_microseconds(int(str(at))).isoformat()} for why, at in returns
            ],
        }


def write_down(transaction: Transaction, sub: str, what: str, at: datetime) -> None:
    """A line that outlives the person's file."""
    transaction.run(sql.WRITE_DOWN, who=hashed(sub), what=what, at=to_microseconds(at))

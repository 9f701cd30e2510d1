"""The partner kit's cabinets in a database, whichever it is; details and token lie sealed, bound to their row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from gpic.nhs.clock import from_microseconds, to_microseconds
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party.outcomes import Obstacle
from gpic.relying_party.ports import Allowance, Cabinets
from gpic.relying_party.records import (
    Attempt,
    Change,
    KeyRefused,
    Linkage,
    Mark,
    NotRegistered,
    Proved,
    Registered,
    Return,
    ShowsAnother,
    TokenRefused,
)
from gpic.storage.partner import sql
from gpic.storage.partner.person_files import SqlPersonFiles
from gpic.storage.partner.units import Transaction, Units, Value
from gpic.storage.sealing import Sealer

PAGE: Final = 50  #: linkages brought under the current key in one transaction


class _Sealed(msgspec.Struct):
    """What lies under one seal."""

    account_id: str
    ods_code: str
    linkage_key: str
    supplier: str
    token: str


class SqlAttempts:
    """Logins that are under way."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def save(self, attempt: Attempt, now: datetime) -> None:
        """Keep it; what has expired goes."""

        def work(transaction: Transaction) -> None:
            transaction.run(sql.SWEEP_ATTEMPTS, now=to_microseconds(now))
            expires = to_microseconds(attempt.expires)
            transaction.run(
                sql.SAVE_ATTEMPT, state=attempt.state, nonce=attempt.nonce, browser=attempt.browser, expires=expires
            )

        await self._units.run(work)

    async def take(self, state: str, browser: str, now: datetime) -> Attempt | None:
        """Hand it out once: the row goes with the answer."""

        def work(transaction: Transaction) -> Attempt | None:
            rows = transaction.run(sql.TAKE_ATTEMPT, state=state, browser=browser, now=to_microseconds(now)).fetchall()
            taken = [Attempt(state, str(nonce), browser, moment_of(expires)) for nonce, expires in rows]
            return taken[0] if taken else None

        return await self._units.run(work)


class SqlLinkages:
    """What linkage keys bought."""

    def __init__(self, units: Units, sealer: Sealer) -> None:
        self._units = units
        self._sealer = sealer

    async def find(self, sub: str, fingerprint: str) -> Linkage | None:
        """The linkage as this sub may see it."""

        def work(transaction: Transaction) -> Linkage | None:
            rows = transaction.run(sql.FIND_LINKAGE, fingerprint=fingerprint).fetchall()
            is_of_another = bool(transaction.run(sql.FIND_WRONG_POINTER, sub=sub, fingerprint=fingerprint).fetchall())
            if not rows:
                return Linkage(fingerprint, is_of_another=True) if is_of_another else None
            return self._linkage(fingerprint, rows[0], is_of_another=is_of_another)

        return await self._units.run(work)

    async def of(self, sub: str) -> Linkage | None:
        """The linkage that this sub rightly points to: for an operator and for tests."""
        return await self._units.run(partial(self.pointed_to, sub=sub))

    def pointed_to(self, transaction: Transaction, sub: str) -> Linkage | None:
        """The same within a transaction."""
        for fingerprint, *row in transaction.run(sql.FIND_LINKAGE_OF, sub=sub).fetchall():
            return self._linkage(str(fingerprint), row, is_of_another=False)
        return None

    async def reserve(self, fingerprint: str, version: int, now: datetime, until: datetime) -> bool:
        """Write the intent, for one caller."""

        def work(transaction: Transaction) -> bool:
            times = {"now": to_microseconds(now), "until": to_microseconds(until)}
            return transaction.run(sql.RESERVE_LINKAGE, fingerprint=fingerprint, version=version, **times).rowcount == 1

        return await self._units.run(work)

    async def settle(self, sub: str, fingerprint: str, change: Change) -> None:
        """Carry out the change in one transaction."""

        def work(transaction: Transaction) -> None:
            match change:
                case Registered(details, token, is_renewal):
                    self._keep(transaction, details, token, is_renewal=is_renewal)
                    point(transaction, sub, fingerprint, is_right=True)
                case Proved(token):
                    transaction.run(sql.LIFT, fingerprint=fingerprint, token=token)
                    point(transaction, sub, fingerprint, is_right=True)
                case ShowsAnother():
                    point(transaction, sub, fingerprint, is_right=False)
                    transaction.run(sql.ERASE_UNLESS_OWNED, fingerprint=fingerprint)
                case NotRegistered() | KeyRefused() | TokenRefused():
                    mark(transaction, fingerprint, change)

        await self._units.run(work)

    async def forget(self, sub: str) -> None:
        """Erase the sub's pointer and what only it owned."""

        def work(transaction: Transaction) -> None:
            for (fingerprint,) in transaction.run(sql.FORGET, sub=sub).fetchall():
                transaction.run(sql.ERASE_UNLESS_OWNED, fingerprint=str(fingerprint))

        await self._units.run(work)

    def _keep(self, transaction: Transaction, details: GpCredentials, token: Im1Token, *, is_renewal: bool) -> None:
        fingerprint = details.fingerprint
        plain = _Sealed(
            details.account_id, details.ods_code.code, details.linkage_key.reveal(), token.supplier, token.text.reveal()
        )
        sealed = self._sealer.seal(msgspec.json.encode(plain), place=place_of(fingerprint))
        transaction.run(sql.KEEP, fingerprint=fingerprint, sealed=sealed, token=token.fingerprint, renewed=int(is_renewal))

    def _linkage(self, fingerprint: str, row: Sequence[object], *, is_of_another: bool) -> Linkage:
        version, sealed, token_mark, key_mark, suspended_at, renewed, reserved_until = row
        details, token = self._opened(fingerprint, sealed)
        return Linkage(
            fingerprint,
            int(str(version)),
            details,
            token,
            Mark(str(token_mark)),
            Mark(str(key_mark)),
            moment(suspended_at),
            bool(renewed),
            moment(reserved_until),
            is_of_another,
        )

    def _opened(self, fingerprint: str, sealed: object) -> tuple[GpCredentials | None, Im1Token | None]:
        if not isinstance(sealed, bytes | memoryview):
            return None, None
        plain = msgspec.json.decode(self._sealer.open(bytes(sealed), place=place_of(fingerprint)), type=_Sealed)
        details = GpCredentials(plain.account_id, OdsCode(plain.ods_code), Secret(plain.linkage_key))
        return details, Im1Token(plain.supplier, Secret(plain.token))


class SqlReturns:
    """Automatic returns to NHS login."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def reserve(self, who: str, why: Obstacle, now: datetime, allowance: Allowance) -> bool:
        """Count one, where it is allowed."""
        start = to_microseconds(now - allowance.window)
        values: dict[str, Value] = {"now": to_microseconds(now), "start": start, "most": allowance.most}

        def work(transaction: Transaction) -> bool:
            transaction.run(sql.SWEEP_RETURNS, start=start)
            return transaction.run(sql.RESERVE_RETURN, who=who, why=why.value, **values).rowcount == 1

        return await self._units.run(work)

    async def since(self, who: str, start: datetime) -> tuple[Return, ...]:
        """Those later than *start*."""
        since = to_microseconds(start)
        rows = await self._units.run(lambda transaction: transaction.run(sql.RETURNS_SINCE, who=who, start=since).fetchall())
        return tuple(Return(Obstacle(str(why)), moment_of(at)) for why, at in rows)

    async def clear(self, *who: str) -> None:
        """Forget them."""

        def work(transaction: Transaction) -> None:
            for one in who:
                transaction.run(sql.CLEAR_RETURNS, who=one)

        await self._units.run(work)


def point(transaction: Transaction, sub: str, fingerprint: str, *, is_right: bool) -> None:
    """Let the sub point here, and erase what it rightly pointed to before (R4)."""
    transaction.run(sql.ERASE_WHAT_IT_HAD, sub=sub, fingerprint=fingerprint)
    transaction.run(sql.POINT, sub=sub, fingerprint=fingerprint, is_right=int(is_right))


def mark(transaction: Transaction, fingerprint: str, change: NotRegistered | KeyRefused | TokenRefused) -> None:
    """Write down what a GP system has said of a secret."""
    match change:
        case NotRegistered():
            transaction.run(sql.RELEASE, fingerprint=fingerprint)
        case KeyRefused(said, at):
            transaction.run(sql.MARK_KEY, said=said.value, at=to_microseconds(at), fingerprint=fingerprint)
        case TokenRefused(token, said, at):
            values: dict[str, Value] = {"said": said.value, "at": to_microseconds(at)}
            transaction.run(sql.MARK_WHAT_IT_BOUGHT, fingerprint=fingerprint, token=token, **values)


async def reseal(units: Units, sealer: Sealer) -> int:
    """Bring every linkage under the current key, beside the running service; how many were not. Raises SealBroken.

    Afterwards the older keys can be taken out of the key file.
    """
    resealed, after = 0, ""
    while True:
        page = await units.run(partial(_reseal_page, sealer=sealer, after=after))
        if page.last is None:
            return resealed
        resealed, after = resealed + page.resealed, page.last


@dataclass(frozen=True, slots=True)
class _Page:
    resealed: int
    last: str | None


def _reseal_page(transaction: Transaction, *, sealer: Sealer, after: str) -> _Page:
    last, resealed = None, 0
    for fingerprint, version, sealed in transaction.run(sql.SEALED_AFTER, after=after, most=PAGE).fetchall():
        last, envelope = str(fingerprint), bytes(sealed) if isinstance(sealed, bytes | memoryview) else b""
        if not envelope.startswith(sealer.mark):
            fresh = sealer.seal(sealer.open(envelope, place=place_of(last)), place=place_of(last))
            transaction.run(sql.RESEAL, sealed=fresh, fingerprint=last, version=int(str(version)))
            resealed += 1
    return _Page(resealed, last)


def place_of(fingerprint: str) -> str:
    """Where details and token lie; the seal is bound to it."""
    return f"linkages.sealed:{fingerprint}"


def moment_of(count: object) -> datetime:
    """A moment from its column."""
    return from_microseconds(int(str(count)))


def moment(count: object) -> datetime | None:
    """A moment from a column that may be empty."""
    return None if count is None else moment_of(count)


def cabinets_in(units: Units, sealer: Sealer, close: Callable[[], None] = lambda: None) -> Cabinets:
    """All of them in one database."""
    linkages = SqlLinkages(units, sealer)
    return Cabinets(SqlAttempts(units), linkages, SqlReturns(units), close, SqlPersonFiles(units, linkages.pointed_to))

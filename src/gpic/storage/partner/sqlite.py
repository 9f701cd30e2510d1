"""The partner kit's cabinets in one SQLite file, for any number of processes on one machine.

Every method is one transaction in a thread of its own; details and token lie sealed, bound to their row.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

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
from gpic.storage.sealing import Sealer

T = TypeVar("T")

PATIENCE: Final = 10.0  #: seconds to wait for another process's transaction


class _Sealed(msgspec.Struct):
    """What lies under one seal."""

    account_id: str
    ods_code: str
    linkage_key: str
    supplier: str
    token: str


class File:
    """One SQLite file; each unit of work is one transaction that writers queue for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with contextlib.closing(self._open()) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(f"BEGIN IMMEDIATE; {sql.SCHEMA} PRAGMA user_version = {sql.VERSION}; COMMIT")

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do *work* in one transaction, in a thread. A commit is on the disk when it returns."""
        return await asyncio.to_thread(self._transaction, work)

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with contextlib.closing(self._open()) as database:
            database.execute("BEGIN IMMEDIATE")
            done = work(database)
            database.execute("COMMIT")  # an exception closes the connection, which rolls back
            return done

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None)
        database.execute("PRAGMA synchronous = FULL")  # an intent must survive the machine (R2)
        return database


class SqliteAttempts:
    """Logins that are under way."""

    def __init__(self, file: File) -> None:
        self._file = file

    async def save(self, attempt: Attempt, now: datetime) -> None:
        """Keep it; what has expired goes."""

        def work(database: sqlite3.Connection) -> None:
            database.execute(sql.SWEEP_ATTEMPTS, (to_microseconds(now),))
            row = (attempt.state, attempt.nonce, attempt.browser, to_microseconds(attempt.expires))
            database.execute(sql.SAVE_ATTEMPT, row)

        await self._file.run(work)

    async def take(self, state: str, browser: str, now: datetime) -> Attempt | None:
        """Hand it out once: the row goes with the answer."""

        def work(database: sqlite3.Connection) -> Attempt | None:
            taken = database.execute(sql.TAKE_ATTEMPT, (state, browser, to_microseconds(now))).fetchone()
            return Attempt(state, taken[0], browser, from_microseconds(taken[1])) if taken else None

        return await self._file.run(work)


class SqliteLinkages:
    """What linkage keys bought."""

    def __init__(self, file: File, sealer: Sealer) -> None:
        self._file = file
        self._sealer = sealer

    async def find(self, sub: str, fingerprint: str) -> Linkage | None:
        """The linkage as this sub may see it."""

        def work(database: sqlite3.Connection) -> Linkage | None:
            row = database.execute(sql.FIND_LINKAGE, (fingerprint,)).fetchone()
            is_of_another = database.execute(sql.FIND_WRONG_POINTER, (sub, fingerprint)).fetchone() is not None
            if row is None:
                return Linkage(fingerprint, is_of_another=True) if is_of_another else None
            return self._linkage(fingerprint, row, is_of_another=is_of_another)

        return await self._file.run(work)

    async def reserve(self, fingerprint: str, version: int, now: datetime, until: datetime) -> bool:
        """Write the intent, for one caller."""
        values = {
            "fingerprint": fingerprint,
            "version": version,
            "now": to_microseconds(now),
            "until": to_microseconds(until),
        }
        return await self._file.run(lambda database: database.execute(sql.RESERVE_LINKAGE, values).rowcount == 1)

    async def settle(self, sub: str, fingerprint: str, change: Change) -> None:
        """Carry out the change in one transaction."""

        def work(database: sqlite3.Connection) -> None:
            match change:
                case Registered(details, token, is_renewal):
                    self._keep(database, details, token, is_renewal=is_renewal)
                    point(database, sub, fingerprint, is_right=True)
                case Proved(token):
                    database.execute(sql.LIFT, (fingerprint, token))
                    point(database, sub, fingerprint, is_right=True)
                case ShowsAnother():
                    point(database, sub, fingerprint, is_right=False)
                    database.execute(sql.ERASE_UNLESS_OWNED, {"fingerprint": fingerprint})
                case NotRegistered() | KeyRefused() | TokenRefused():
                    mark(database, fingerprint, change)

        await self._file.run(work)

    async def forget(self, sub: str) -> None:
        """Erase the sub's pointer and what only it owned."""

        def work(database: sqlite3.Connection) -> None:
            for (fingerprint,) in database.execute(sql.FORGET, (sub,)).fetchall():
                database.execute(sql.ERASE_UNLESS_OWNED, {"fingerprint": fingerprint})

        await self._file.run(work)

    def _keep(self, database: sqlite3.Connection, details: GpCredentials, token: Im1Token, *, is_renewal: bool) -> None:
        fingerprint = details.fingerprint
        plain = _Sealed(
            details.account_id, details.ods_code.code, details.linkage_key.reveal(), token.supplier, token.text.reveal()
        )
        sealed = self._sealer.seal(msgspec.json.encode(plain), place=place_of(fingerprint))
        values = {"fingerprint": fingerprint, "sealed": sealed, "token": token.fingerprint, "renewed": int(is_renewal)}
        database.execute(sql.KEEP, values)

    def _linkage(self, fingerprint: str, row: tuple[int, bytes, str, str, int, int, int], *, is_of_another: bool) -> Linkage:
        version, sealed, token_mark, key_mark, suspended_at, renewed, reserved_until = row
        details, token = self._opened(fingerprint, sealed)
        return Linkage(
            fingerprint,
            version,
            details,
            token,
            Mark(token_mark),
            Mark(key_mark),
            moment(suspended_at),
            bool(renewed),
            moment(reserved_until),
            is_of_another,
        )

    def _opened(self, fingerprint: str, sealed: bytes | None) -> tuple[GpCredentials | None, Im1Token | None]:
        if sealed is None:
            return None, None
        plain = msgspec.json.decode(self._sealer.open(sealed, place=place_of(fingerprint)), type=_Sealed)
        details = GpCredentials(plain.account_id, OdsCode(plain.ods_code), Secret(plain.linkage_key))
        return details, Im1Token(plain.supplier, Secret(plain.token))


class SqliteReturns:
    """Automatic returns to NHS login."""

    def __init__(self, file: File) -> None:
        self._file = file

    async def reserve(self, who: str, why: Obstacle, now: datetime, allowance: Allowance) -> bool:
        """Count one, where it is allowed."""
        start = to_microseconds(now - allowance.window)
        values = {"who": who, "why": why.value, "now": to_microseconds(now), "start": start, "most": allowance.most}

        def work(database: sqlite3.Connection) -> bool:
            database.execute(sql.SWEEP_RETURNS, (start,))
            return database.execute(sql.RESERVE_RETURN, values).rowcount == 1

        return await self._file.run(work)

    async def since(self, who: str, start: datetime) -> tuple[Return, ...]:
        """Those later than *start*."""
        values = (who, to_microseconds(start))
        rows = await self._file.run(lambda database: database.execute(sql.RETURNS_SINCE, values).fetchall())
        return tuple(Return(Obstacle(why), from_microseconds(at)) for why, at in rows)

    async def clear(self, *who: str) -> None:
        """Forget them."""
        rows = [(one,) for one in who]
        await self._file.run(lambda database: database.executemany(sql.CLEAR_RETURNS, rows))


def point(database: sqlite3.Connection, sub: str, fingerprint: str, *, is_right: bool) -> None:
    """Let the sub point here, and erase what it rightly pointed to before (R4)."""
    database.execute(sql.ERASE_WHAT_IT_HAD, (sub, fingerprint))
    database.execute(sql.POINT, (sub, fingerprint, int(is_right)))


def mark(database: sqlite3.Connection, fingerprint: str, change: NotRegistered | KeyRefused | TokenRefused) -> None:
    """Write down what a GP system has said of a secret."""
    match change:
        case NotRegistered():
            database.execute(sql.RELEASE, (fingerprint,))
        case KeyRefused(said, at):
            database.execute(sql.MARK_KEY, (said.value, to_microseconds(at), fingerprint))
        case TokenRefused(token, said, at):
            database.execute(sql.MARK_WHAT_IT_BOUGHT, (said.value, to_microseconds(at), fingerprint, token))


def place_of(fingerprint: str) -> str:
    """Where details and token lie; the seal is bound to it."""
    return f"linkages.sealed:{fingerprint}"


def moment(count: int | None) -> datetime | None:
    """A moment from a column that may be empty."""
    return from_microseconds(count) if count is not None else None


def sqlite_cabinets(path: Path, sealer: Sealer) -> Cabinets:
    """All three in one file, which is made where it is missing."""
    file = File(path)
    return Cabinets(SqliteAttempts(file), SqliteLinkages(file, sealer), SqliteReturns(file))

"""Codes that wait, and how often things were done; neither a code nor a contact can be read there."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, select, update

from gpic.nhs.clock import Clock, SystemClock
from gpic.provider.identity.ports import AwaitedCode, Device, Passkey
from gpic.storage.provider.allowances import claimed
from gpic.storage.provider.database import Database, insert, put, sweep
from gpic.storage.provider.tables import allowances, one_time_codes, passkeys, remembered_devices
from gpic.storage.sealing import Sealer, sha256


@dataclass(frozen=True, slots=True)
class SqlCodeShelf:
    """A row for each purpose. Six digits are soon guessed from a plain hash, so the hash has a key."""

    database: Database
    sealer: Sealer
    clock: Clock = field(default_factory=SystemClock)  #: wire

    async def lay(self, awaited: AwaitedCode) -> None:
        """Keep a code; an earlier one about the same thing is gone."""
        row = {
            "about_hash": sha256(awaited.about),
            "code_hash": self.sealer.keyed_hash(_named(awaited), "one_time_codes.code"),
            "tries": 0,
            "expires": awaited.expires,
        }

        def work(connection: Connection) -> None:
            sweep(connection, one_time_codes.c.about_hash, self.clock.now())
            put(connection, one_time_codes, **row)

        await self.database.unit(work)

    async def take(self, given: AwaitedCode, most_tries: int) -> bool:
        """Whether it waits; True takes it away, and so does the last of *most_tries* wrong ones."""
        about = one_time_codes.c.about_hash == sha256(given.about)
        hashes = self.sealer.keyed_hashes(_named(given), "one_time_codes.code")

        def work(connection: Connection) -> bool:
            row = connection.execute(select(one_time_codes).where(about)).one_or_none()
            if row is None:
                return False
            is_right = row.expires > given.expires and row.code_hash in hashes
            if is_right or row.tries + 1 >= most_tries:
                connection.execute(delete(one_time_codes).where(about))
            else:
                connection.execute(update(one_time_codes).where(about).values(tries=row.tries + 1))
            return is_right

        return await self.database.unit(work)


@dataclass(frozen=True, slots=True)
class SqlAllowances:
    """A row for each thing, by its keyed hash: it may name a contact."""

    database: Database
    sealer: Sealer

    async def claim(self, what: str, most: int, within: timedelta, now: datetime) -> timedelta | None:
        """Count it, or say how long until the next time."""
        hashes = self.sealer.keyed_hashes(what, "allowances.what")
        mine = allowances.c.what_hash.in_(hashes)

        def work(connection: Connection) -> timedelta | None:
            sweep(connection, allowances.c.what_hash, now)
            rows = connection.execute(select(allowances.c.done).where(mine)).scalars().all()
            wait, done = claimed(sorted(moment for row in rows for moment in row), most, within, now)
            if wait is None:
                connection.execute(delete(allowances).where(mine))
                put(connection, allowances, what_hash=hashes[0], done=done, expires=now + within)
            return wait

        return await self.database.unit(work)


@dataclass(frozen=True, slots=True)
class SqlDevices:
    """A row for each, by the hash of its token."""

    database: Database

    async def remember(self, device: Device) -> None:
        """Keep it."""
        row = {
            "token_hash": sha256(device.token),
            "id": device.id,
            "subject": device.subject,
            "name": device.name,
            "since": device.since,
            "expires": device.expires,
        }

        def work(connection: Connection) -> None:
            sweep(connection, remembered_devices.c.token_hash, device.since)
            put(connection, remembered_devices, **row)

        await self.database.unit(work)

    async def knows(self, token: str, subject: str, now: datetime) -> bool:
        """Whether this account is remembered in the browser that has this token."""
        theirs = (remembered_devices.c.token_hash == sha256(token)) & (remembered_devices.c.subject == subject)
        statement = select(remembered_devices.c.id).where(theirs, remembered_devices.c.expires > now)
        return await self.database.look(lambda connection: connection.execute(statement).first() is not None)

    async def of(self, subject: str, now: datetime) -> tuple[Device, ...]:
        """All that have not expired, the oldest first; without tokens."""
        rows = remembered_devices.c
        statement = (
            select(rows.id, rows.subject, rows.name, rows.since, rows.expires)
            .where(rows.subject == subject, rows.expires > now)
            .order_by(rows.since, rows.id)
        )
        return await self.database.look(lambda connection: tuple(Device(*row) for row in connection.execute(statement)))

    async def forget(self, subject: str, device_id: str = "") -> None:
        """One of this account's, or all."""
        theirs = remembered_devices.c.subject == subject
        which = theirs & (remembered_devices.c.id == device_id) if device_id else theirs
        await self.database.change(delete(remembered_devices).where(which))


@dataclass(frozen=True, slots=True)
class SqlPasskeys:
    """A row for each; a public key is no secret."""

    database: Database

    async def keep(self, passkey: Passkey) -> bool:
        """Add it, unless its id is known."""
        new = {
            "id": passkey.id,
            "subject": passkey.subject,
            "public_key": b64encode(passkey.public_key).decode(),
            "sign_count": passkey.sign_count,
            "name": passkey.name,
            "since": passkey.since,
        }

        def work(connection: Connection) -> bool:
            statement = insert(connection, passkeys).values(**new).on_conflict_do_nothing(index_elements=["id"])
            return connection.execute(statement.returning(passkeys.c.id)).first() is not None

        return await self.database.unit(work)

    async def find(self, passkey_id: str) -> Passkey | None:
        """The passkey with this id."""
        statement = select(passkeys).where(passkeys.c.id == passkey_id)

        def work(connection: Connection) -> Passkey | None:
            row = connection.execute(statement).one_or_none()
            return _passkey(row) if row is not None else None

        return await self.database.look(work)

    async def note_use(self, passkey: Passkey, sign_count: int) -> bool:
        """Replace its count, unless another use came between."""
        as_it_was = (passkeys.c.id == passkey.id) & (passkeys.c.sign_count == passkey.sign_count)
        return await self.database.change(update(passkeys).where(as_it_was).values(sign_count=sign_count)) == 1

    async def of(self, subject: str) -> tuple[Passkey, ...]:
        """All of one account, the oldest first."""
        statement = select(passkeys).where(passkeys.c.subject == subject).order_by(passkeys.c.since, passkeys.c.id)
        return await self.database.look(lambda connection: tuple(_passkey(row) for row in connection.execute(statement)))

    async def remove(self, subject: str, passkey_id: str) -> None:
        """One of this account's."""
        theirs = (passkeys.c.subject == subject) & (passkeys.c.id == passkey_id)
        await self.database.change(delete(passkeys).where(theirs))


def _passkey(row: Row[*tuple[object, ...]]) -> Passkey:
    return Passkey(row.id, row.subject, b64decode(row.public_key), row.sign_count, row.name, row.since)


def _named(code: AwaitedCode) -> str:
    return f"{code.about}|{code.to.channel}|{code.to.address}|{code.code}"

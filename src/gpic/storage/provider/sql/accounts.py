"""The register of accounts, and the persons behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, bindparam, select, update

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Person
from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import ProofingLevel
from gpic.provider.accounts import Account, EmailTaken, SignInSecrets
from gpic.storage.provider.database import Database, put
from gpic.storage.provider.persons import KeptAccount, joined
from gpic.storage.provider.sql.numbers import history_of, person_of, take_on
from gpic.storage.provider.sql.pseudonyms import introduce
from gpic.storage.provider.tables import accounts
from gpic.storage.provider.wire import Ready
from gpic.storage.sealing import Sealer

AccountRow = Row[*tuple[object, ...]]


OF_SUBJECT: Final = Ready(select(accounts).where(accounts.c.subject == bindparam("whose")))


class Sealed(msgspec.Struct, frozen=True):
    """What of an account lies under its seal."""

    email: str
    phone: str
    landline: str
    nhs_number: str
    family_name: str
    given_name: str
    birth_date: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class SqlAccounts:
    """Accounts, a row each: what tells who somebody is under one seal, the rest in columns."""

    database: Database
    sealer: Sealer
    clock: Clock = field(default_factory=SystemClock)  #: the world's, which dates changes of number

    async def by_subject(self, subject: str) -> Account | None:
        """The account with this `sub`."""

        def work(connection: Connection) -> Account | None:
            row = OF_SUBJECT.first(connection, {"whose": subject})
            return opened(row, self.sealer)[0] if row else None

        return await self.database.ask(work)

    async def by_email(self, email: str) -> tuple[Account, SignInSecrets] | None:
        """The account that signs in with this address, whatever its case, and what proves its owner."""
        return await self.database.look(lambda connection: self._first(connection, self._has_email(email)))

    async def put(self, account: Account, secrets: SignInSecrets) -> None:
        """Add an account or replace it whole; raises EmailTaken."""
        await self.database.unit(lambda connection: self._put(connection, account, secrets))

    async def change(
        self, subject: str, decide: Callable[[Account, SignInSecrets], tuple[Account, SignInSecrets]]
    ) -> Account | None:
        """Replace an account by what *decide* makes of it, in one transaction; None where there is none. Raises EmailTaken."""

        def work(connection: Connection) -> Account | None:
            found = self._first(connection, accounts.c.subject == subject)
            if found is None:
                return None
            account, secrets = decide(*found)
            self._put(connection, account, secrets)
            return account

        return await self.database.unit(work)

    async def person_of(self, nhs_number: NhsNumber) -> PersonId | None:
        """Whose number this is or was; None when nobody here has it."""
        return await self.database.look(lambda connection: person_of(connection, self.sealer, nhs_number))

    async def note_sign_in(self, subject: str, auth_time: datetime) -> None:
        """Remember the last real sign-in (wire clock)."""
        statement = update(accounts).where(accounts.c.subject == subject).values(signed_in_at=auth_time)
        await self.database.change(statement)

    def _put(self, connection: Connection, account: Account, secrets: SignInSecrets) -> None:
        self._email_is_free(connection, account)
        before = self._first(connection, accounts.c.subject == account.subject)
        introduce(connection, account.person)
        write(connection, self.sealer, account, secrets, self.clock.now())
        if account.nhs_number and (before is None or before[0].nhs_number != account.nhs_number):
            take_on(connection, self.sealer, account.person, account.nhs_number, self.clock.now())

    def _has_email(self, email: str) -> ColumnElement[bool]:
        return accounts.c.email_hash.in_(self.sealer.keyed_hashes(email.lower(), "accounts.email"))

    def _email_is_free(self, connection: Connection, account: Account) -> None:
        others = select(accounts.c.subject).where(self._has_email(account.email), accounts.c.subject != account.subject)
        if connection.execute(others).first():
            raise EmailTaken

    def _first(self, connection: Connection, condition: ColumnElement[bool]) -> tuple[Account, SignInSecrets] | None:
        row = connection.execute(select(accounts).where(condition)).first()
        return opened(row, self.sealer) if row else None


@dataclass(frozen=True, slots=True)
class SqlPeople:
    """Persons, joined over their accounts."""

    database: Database
    sealer: Sealer
    clock: Clock = field(default_factory=SystemClock)  #: world

    async def find(self, person: PersonId) -> Person | None:
        """The person as last known."""

        def work(connection: Connection) -> Person | None:
            rows = connection.execute(select(accounts).where(accounts.c.person == person)).all()
            return joined(person, history_of(connection, self.sealer, person), kept(rows, self.sealer))

        return await self.database.look(work)

    async def note_practice(self, person: PersonId, practice: OdsCode) -> None:
        """Remember the practice that PDS names, on every account that is matched to PDS."""
        theirs = (accounts.c.person == person) & (accounts.c.level >= ProofingLevel.P5)
        statement = update(accounts).where(theirs).values(practice=practice)
        await self.database.change(statement)

    async def note_number(self, person: PersonId, number: NhsNumber) -> PersonId:
        """Take on the number that PDS gives; the accounts go over to whoever has or had it (N1)."""
        return await self.database.unit(lambda connection: self._renumber(connection, person, number))

    def _renumber(self, connection: Connection, person: PersonId, number: NhsNumber) -> PersonId:
        survivor, now = person_of(connection, self.sealer, number) or person, self.clock.now()
        if survivor != person:
            for former in history_of(connection, self.sealer, person):
                take_on(connection, self.sealer, survivor, former, now)
        take_on(connection, self.sealer, survivor, number, now)
        for row in connection.execute(select(accounts).where(accounts.c.person == person)).all():
            account, secrets = opened(row, self.sealer)
            if account.nhs_number is not None:
                write(connection, self.sealer, replace(account, person=survivor, nhs_number=number), secrets, row.put_at)
        return survivor


def write(connection: Connection, sealer: Sealer, account: Account, secrets: SignInSecrets, put_at: datetime) -> None:
    """Insert the account's row, or replace it; when it was last used stays."""
    put(
        connection,
        accounts,
        subject=account.subject,
        person=account.person,
        email_hash=sealer.keyed_hash(account.email.lower(), "accounts.email"),
        sealed=sealer.seal(msgspec.json.encode(under_seal(account, secrets)), place=place_of(account.subject)),
        level=int(account.level),
        practice=account.practice,
        email_verified=account.email_verified,
        phone_verified=account.phone_verified,
        phone_pds_matched=account.phone_pds_matched,
        put_at=put_at,
    )


def place_of(subject: str) -> str:
    """Where an account's seal belongs."""
    return f"accounts.sealed:{subject}"


def under_seal(account: Account, secrets: SignInSecrets) -> Sealed:
    """What is sealed of an account."""
    return Sealed(
        email=account.email,
        phone=account.phone,
        landline=account.landline,
        nhs_number=account.nhs_number.digits if account.nhs_number else "",
        family_name=account.family_name,
        given_name=account.given_name,
        birth_date=account.birth_date,
        password_hash=secrets.password_hash,
    )


def opened(row: AccountRow, sealer: Sealer) -> tuple[Account, SignInSecrets]:
    """The account that a row holds; raises SealBroken."""
    known = msgspec.json.decode(sealer.open(row.sealed, place=place_of(row.subject)), type=Sealed)
    account = Account(
        subject=row.subject,
        person=PersonId(row.person),
        email=known.email,
        phone=known.phone,
        level=ProofingLevel(row.level),
        nhs_number=NhsNumber(known.nhs_number) if known.nhs_number else None,
        family_name=known.family_name,
        given_name=known.given_name,
        birth_date=known.birth_date,
        practice=row.practice,
        email_verified=row.email_verified,
        phone_verified=row.phone_verified,
        phone_pds_matched=row.phone_pds_matched,
        landline=known.landline,
    )
    return account, SignInSecrets(known.password_hash)


def kept(rows: Sequence[AccountRow], sealer: Sealer) -> list[KeptAccount]:
    """Accounts with their last use and change."""
    return [KeptAccount(opened(row, sealer)[0], row.signed_in_at, row.put_at) for row in rows]

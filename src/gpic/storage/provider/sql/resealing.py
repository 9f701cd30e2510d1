"""Brings everything that is kept for long under the current key, so that an old one can be taken away (N7).

What lives for minutes (interactions, successors of refresh tokens) is left to expire.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, select, update

from gpic.storage.provider.database import Database
from gpic.storage.provider.sql import accounts as in_accounts
from gpic.storage.provider.sql import client_metadata as in_client_metadata
from gpic.storage.provider.sql import grants as in_grants
from gpic.storage.provider.sql import holding_rows as in_holdings
from gpic.storage.provider.sql import numbers as in_numbers
from gpic.storage.provider.sql import signing_keys as in_signing_keys
from gpic.storage.provider.tables import accounts, client_metadata, families, holdings, nhs_numbers, signing_keys
from gpic.storage.sealing import Sealer

AnyRow = Row[*tuple[object, ...]]

#: Rows resealed in one transaction: few enough that nobody who logs in meanwhile waits long.
BATCH: Final = 50


def nothing_more(_plain: bytes, _sealer: Sealer) -> dict[str, str]:
    """No column is found by what lies under this seal."""
    return {}


def email_hash(plain: bytes, sealer: Sealer) -> dict[str, str]:
    """What an account is found by."""
    known = msgspec.json.decode(plain, type=in_accounts.Sealed)
    return {"email_hash": sealer.keyed_hash(known.email.lower(), "accounts.email")}


def number_hash(plain: bytes, sealer: Sealer) -> dict[str, str]:
    """What a number is found by."""
    return {"number_hash": sealer.keyed_hash(plain.decode(), in_numbers.PURPOSE)}


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of envelopes, where each belongs, and which hashes follow from what it holds."""

    table: Table
    column: str
    place: Callable[[AnyRow], str]
    hashes: Callable[[bytes, Sealer], dict[str, str]] = nothing_more

    def is_row(self, row: AnyRow) -> ColumnElement[bool]:
        """The condition that holds of this row alone."""
        return and_(*(column == row._mapping[column.name] for column in self.table.primary_key))  # noqa: SLF001 - public in SQLAlchemy


COLUMNS: Final = (
    SealedColumn(accounts, "sealed", lambda row: in_accounts.place_of(row.subject), email_hash),
    SealedColumn(nhs_numbers, "sealed", lambda row: in_numbers.place_of(row.person), number_hash),
    SealedColumn(families, "sealed", lambda row: in_grants.place_of(row.family)),
    SealedColumn(client_metadata, "sealed", lambda row: in_client_metadata.place_of(row.subject, row.client_id)),
    SealedColumn(signing_keys, "sealed", lambda row: in_signing_keys.place_of(row.kid)),
    SealedColumn(holdings, "details", lambda row: in_holdings.place_of("details", row.person, row.version)),
    SealedColumn(holdings, "token", lambda row: in_holdings.place_of("token", row.person, row.version)),
)


async def reseal(database: Database, sealer: Sealer, passed: Callable[[int], None] = lambda _: None) -> int:
    """Reseal every envelope of an older key, beside the running provider; how many. Raises SealBroken.

    *passed* is told how many were done after each batch.
    """
    resealed = 0
    for one in COLUMNS:
        while count := await database.unit(partial(reseal_some, sealer=sealer, one=one), long=True):
            resealed += count
            passed(resealed)
    return resealed


def holds_seals(connection: Connection) -> bool:
    """Whether anything was ever sealed here that is kept for long: then its key must not be made anew."""
    there = (select(one.table).where(one.table.c[one.column].is_not(None)).limit(1) for one in COLUMNS)
    return any(connection.execute(statement).first() is not None for statement in there)


def reseal_some(connection: Connection, sealer: Sealer, one: SealedColumn) -> int:
    """Reseal a batch of one column; how many rows it had."""
    column = one.table.c[one.column]
    old = column.is_not(None) & (func.substr(column, 1, len(sealer.mark)) != sealer.mark)
    rows = connection.execute(select(one.table).where(old).limit(BATCH).with_for_update()).all()
    for row in rows:
        place = one.place(row)
        plain = sealer.open(row._mapping[one.column], place=place)  # noqa: SLF001 - public in SQLAlchemy
        values = {one.column: sealer.seal(plain, place=place), **one.hashes(plain, sealer)}
        connection.execute(update(one.table).where(one.is_row(row)).values(**values))
    return len(rows)

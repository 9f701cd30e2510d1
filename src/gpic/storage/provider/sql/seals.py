"""What lies sealed: how many envelopes each key opens, counted by what they begin with, and whether all of them do open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, func, select

from gpic.storage.provider.sql.resealing import COLUMNS, AnyRow, SealedColumn
from gpic.storage.provider.tables import metadata
from gpic.storage.sealing import SealBroken, Sealer, header_of

PAGE: Final = 500  #: rows that are fetched at a time

#: Every column of envelopes, those that live for minutes included.
SEALED: Final[tuple[Column[object], ...]] = tuple(
    column for table in metadata.sorted_tables for column in table.columns if isinstance(column.type, LargeBinary)
)


def envelopes_by_key(connection: Connection, names: Iterable[str]) -> Mapping[str, int]:
    """The number of envelopes of each key by its id; under "" those of keys that are not among *names*."""
    counts = dict.fromkeys(names, 0)
    everything = 0
    for column in SEALED:
        everything += connection.execute(select(func.count()).where(column.is_not(None))).scalar_one()
        for name, count in _of_column(connection, column, counts):
            counts[name] += count
    return {**counts, "": everything - sum(counts.values())}


@dataclass(frozen=True, slots=True)
class Tried:
    """So many envelopes opened, and so many did not."""

    opened: int
    broken: int


def open_all(connection: Connection, sealer: Sealer, passed: Callable[[int], None]) -> Tried:
    """Try every envelope that is kept for long, in its own place; *passed* is told how many were tried, now and then."""
    opened = broken = 0
    for one in COLUMNS:
        column = one.table.c[one.column]
        rows = connection.execution_options(yield_per=PAGE).execute(select(one.table).where(column.is_not(None)))
        for page in rows.partitions(PAGE):
            good = sum(_opens(row, one, sealer) for row in page)
            opened, broken = opened + good, broken + len(page) - good
            passed(opened + broken)
    return Tried(opened, broken)


def _opens(row: AnyRow, one: SealedColumn, sealer: Sealer) -> bool:
    try:
        sealer.open(row._mapping[one.column], place=one.place(row))  # noqa: SLF001 - public in SQLAlchemy
    except SealBroken:
        return False
    return True


def _of_column(connection: Connection, column: Column[object], names: Iterable[str]) -> Iterator[tuple[str, int]]:
    for name in names:
        mark = header_of(name)
        begins = func.substr(column, 1, len(mark)) == mark
        yield name, connection.execute(select(func.count()).where(column.is_not(None), begins)).scalar_one()

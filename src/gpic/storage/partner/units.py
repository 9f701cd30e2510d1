"""A database as the partner kit's cabinets work in it, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")

Value = str | int | bytes | None


class Rows(Protocol):
    """What a statement came to."""

    @property
    def rowcount(self) -> int:
        """How many rows it wrote."""
        ...

    def fetchall(self) -> Sequence[Sequence[object]]:
        """The rows that it gave."""
        ...


class Transaction(Protocol):
    """A transaction that has begun."""

    def run(self, statement: str, **values: Value) -> Rows:
        """Run one statement of `sql`, its parameters by name."""
        ...


class Units(Protocol):
    """A database in which each unit of work is one transaction: all of it or nothing, and as if nobody else were there."""

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Do *work*, which may be begun anew; what it returns is on the disk."""
        ...

"""Column types that SQLite and PostgreSQL share: values of ours in simpler columns."""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import BigInteger, Integer, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from gpic.nhs.clock import from_microseconds, to_microseconds
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import Vector

Value = TypeVar("Value")

HASH: Final = String(64)
#: SQLite counts rows up only in its own INTEGER.
SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")


class NameSought(TypeDecorator[str]):
    """A name that strangers ask for. Names of ours hold no NUL, and PostgreSQL would fail at one instead of finding nothing."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """As SQLAlchemy asks: U+FFFD stands for a NUL."""
        return None if value is None else value.replace("\0", "\ufffd")


class TextSought(NameSought):
    """The same, of any length."""

    impl = Text
    cache_ok = True


class Kept(TypeDecorator[Value]):
    """A value of ours that is kept in a simpler column; a subclass says how it is written and read."""

    cache_ok = True

    def written(self, value: Value) -> str | int:
        """As it is kept."""
        raise NotImplementedError

    def read(self, kept: str) -> Value:
        """What was kept."""
        raise NotImplementedError

    def process_bind_param(self, value: Value | None, _dialect: Dialect) -> str | int | None:
        """As SQLAlchemy asks."""
        return None if value is None else self.written(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Value | None:
        """As SQLAlchemy asks."""
        return None if value is None else self.read(value)


class Moment(Kept[datetime]):
    """An aware datetime."""

    impl = BigInteger
    cache_ok = True

    def written(self, value: datetime) -> int:
        """Microseconds."""
        return to_microseconds(value)

    def read(self, kept: str) -> datetime:
        """The moment."""
        return from_microseconds(int(kept))


class Moments(Kept[tuple[datetime, ...]]):
    """Moments in their order."""

    impl = Text
    cache_ok = True

    def written(self, value: tuple[datetime, ...]) -> str:
        """Microseconds, spaced."""
        return " ".join(str(to_microseconds(moment)) for moment in value)

    def read(self, kept: str) -> tuple[datetime, ...]:
        """The moments."""
        return tuple(from_microseconds(int(text)) for text in kept.split())


class Words(Kept[frozenset[str]]):
    """A set of words without spaces, such as scopes and fingerprints."""

    impl = Text
    cache_ok = True

    def written(self, value: frozenset[str]) -> str:
        """Sorted and spaced."""
        return " ".join(sorted(value))

    def read(self, kept: str) -> frozenset[str]:
        """The set."""
        return frozenset(kept.split())


class Vectors(Kept[tuple[Vector, ...]]):
    """Vectors of trust in their order."""

    impl = Text
    cache_ok = True

    def written(self, value: tuple[Vector, ...]) -> str:
        """As one writes them, spaced."""
        return " ".join(str(vector) for vector in value)

    def read(self, kept: str) -> tuple[Vector, ...]:
        """The vectors."""
        return tuple(Vector.parse(text) for text in kept.split())


class Practice(Kept[OdsCode]):
    """An ODS code."""

    impl = String
    cache_ok = True

    def written(self, value: OdsCode) -> str:
        """The code's text."""
        return value.code

    def read(self, kept: str) -> OdsCode:
        """The code."""
        return OdsCode(kept)

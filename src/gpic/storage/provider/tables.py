"""The provider's tables, in types that SQLite and PostgreSQL share.

Moments are whole microseconds since 1970; sets of words are sorted and joined by spaces. A column called `sealed…` or of
type LargeBinary holds an envelope of `sealing`, whose place is `table.column:row`; one called `…_hash` finds a row by what
must not be kept.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from gpic.nhs.clock import from_microseconds, to_microseconds
from gpic.nhs.organisations import OdsCode
from gpic.nhs.trust import Vector

Value = TypeVar("Value")

HASH: Final = String(64)
#: SQLite counts rows up only in its own INTEGER.
SERIAL: Final = BigInteger().with_variant(Integer, "sqlite")


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


metadata = MetaData(
    naming_convention={
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

clients = Table(
    "clients",
    metadata,
    Column("client_id", String, primary_key=True),
    Column("name", Text, nullable=False),
    Column("redirect_uris", JSON, nullable=False),
    Column("scopes", Words, nullable=False),
    Column("keys", JSON, nullable=False),
    Column("vectors", Vectors, nullable=False),
    Column("im1_enabled", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("audience_policy", String, nullable=False),
)

#: The pseudonym is random and stands for the person in the audit trail; without this row nobody can tell whose it was.
persons = Table(
    "persons",
    metadata,
    Column("person", String, primary_key=True),
    Column("pseudonym", String, nullable=False, unique=True),
)

accounts = Table(
    "accounts",
    metadata,
    Column("subject", String, primary_key=True),
    Column("person", ForeignKey("persons.person"), nullable=False, index=True),
    Column("email_hash", HASH, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("level", Integer, nullable=False),
    Column("practice", Practice, index=True),
    Column("email_verified", Boolean, nullable=False),
    Column("phone_verified", Boolean, nullable=False),
    Column("phone_pds_matched", Boolean, nullable=False),
    Column("signed_in_at", Moment),
    Column("put_at", Moment, nullable=False),
)

#: A person's NHS numbers in the order in which they were taken on; the last row of a person is the present number (N1).
nhs_numbers = Table(
    "nhs_numbers",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("person", ForeignKey("persons.person"), nullable=False, index=True),
    Column("number_hash", HASH, nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("since", Moment, nullable=False),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", HASH, primary_key=True),
    Column("subject", String, nullable=False),
    Column("vector", Vectors, nullable=False),
    Column("auth_time", Moment, nullable=False),
    Column("signed_in_at", Moment, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
)

interactions = Table(
    "interactions",
    metadata,
    Column("id_hash", HASH, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
    Column("finished", Boolean, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("subject", String, primary_key=True),
    Column("client_id", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("agreed_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
)

#: One login of one partner and everything that descends from it; the codes and refresh tokens go when the family goes.
families = Table(
    "families",
    metadata,
    Column("family", String, primary_key=True),
    Column("client_id", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("revoked", Boolean, nullable=False),
    Column("expires", Moment, nullable=False, index=True),
)

codes = Table(
    "codes",
    metadata,
    Column("code_hash", HASH, primary_key=True),
    Column("family", ForeignKey("families.family", ondelete="CASCADE"), nullable=False, index=True),
    Column("client_id", String, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("spent_at", Moment),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", HASH, primary_key=True),
    Column("family", ForeignKey("families.family", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires", Moment, nullable=False),
    Column("replaced_by", HASH),
    Column("sealed_successor", LargeBinary),
    Column("grace_ends", Moment, index=True),
)

jti_uses = Table(
    "jti_uses",
    metadata,
    Column("use_hash", HASH, primary_key=True),
    Column("expires", Moment, nullable=False, index=True),
)

holdings = Table(
    "holdings",
    metadata,
    Column("person", ForeignKey("persons.person"), primary_key=True),
    Column("state", String, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("supplier", String, nullable=False),
    Column("practice", Practice, index=True),
    Column("details", LargeBinary),
    Column("token", LargeBinary),
    Column("rejected", Words, nullable=False),
    Column("refusal", String),
    Column("tries", Integer, nullable=False),
    Column("silences", Integer, nullable=False),
    Column("next_try_at", Moment),
    Column("registered_at", Moment),
    Column("checked_at", Moment),
    Column("completed", Moments, nullable=False),
)

releases = Table(
    "releases",
    metadata,
    Column("person", ForeignKey("persons.person"), primary_key=True),
    Column("client_id", String, primary_key=True),
    Column("released_at", Moment, nullable=False),
)

#: Append-only; the hashes are for a sealer that chains the records afterwards (N7).
audit = Table(
    "audit",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("pseudonym", String, nullable=False),
    Column("event", String, nullable=False),
    Column("client_id", String, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("why", String, nullable=False),
    Column("previous_hash", HASH),
    Column("hash", HASH),
    Index(None, "pseudonym", "id"),
    sqlite_autoincrement=True,
)

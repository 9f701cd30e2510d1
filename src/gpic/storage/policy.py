"""Where a provider keeps what it keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

POSTGRES: Final = ("postgresql://", "postgres://")


class StorageInvalid(ValueError):
    """This names no database of a kind that we have."""


@dataclass(frozen=True, slots=True)
class StoragePolicy:
    """The provider's database and the keys that seal what lies in it. Raises StorageInvalid."""

    #: A path for SQLite, or a URL `postgresql://…` for PostgreSQL, which may hold a password and is never shown.
    database: str = field(default="gpic.sqlite", repr=False)
    #: A file, made at the first start but in production; `env://NAME`; or `KIND://…` of a key management that is plugged in.
    sealing_keys: str = "gpic.keys"

    def __post_init__(self) -> None:
        if not self.database:
            raise StorageInvalid("database is a path for SQLite or a postgresql:// URL")
        if "://" in self.database and not self.is_postgres:
            raise StorageInvalid("database is a path for SQLite or a postgresql:// URL, of no other scheme")

    @property
    def is_postgres(self) -> bool:
        """Whether the database is a server's."""
        return self.database.startswith(POSTGRES)

"""The audit trail as an operator looks after it: whether it is whole, copies of it, and how long it stays (N7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gpic.credentials.holding import PersonId


@dataclass(frozen=True, slots=True)
class Whole:
    """Every chained record is as it was; so many are.

    *head* is the newest hash: whoever keeps it elsewhere can tell later that nothing up to there was written anew.
    """

    records: int
    head: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first record that does not fit the one before it, by its number."""

    at: int


@dataclass(frozen=True, slots=True)
class HeadMissing:
    """The chain is whole in itself, and the hash that was kept elsewhere is not in it: it was written anew, or cut off."""


@dataclass(frozen=True, slots=True)
class ChainedRecord:
    """One record as it is written, with its place in the chain; hashes are None until it is chained."""

    id: int
    at: datetime
    pseudonym: str
    event: str
    client_id: str
    version: int
    why: str
    previous_hash: str | None
    hash: str | None


class Trail(Protocol):
    """The chained trail."""

    async def verify(self, kept: str = "") -> Whole | Broken | HeadMissing:
        """Walk the whole chain from where it begins now; a head that was *kept* must be passed."""
        ...

    def records(self, since: datetime, until: datetime) -> AsyncIterator[ChainedRecord]:
        """The records of a time, oldest first, chained or not yet."""
        ...

    async def retain(self, since: datetime, now: datetime) -> int:
        """Let go of everything before the first record of *since* or later; how many that were. What is not chained stays."""
        ...


class PersonFiles(Protocol):
    """Everything that is kept of one person."""

    async def export(self, person: PersonId, at: datetime) -> dict[str, object] | None:
        """All of it, without keys, tokens and passwords (N3); None for nobody we know. It is written down."""
        ...

    async def erase(self, person: PersonId, at: datetime) -> bool:
        """Delete it in one transaction, after a last line in the trail, which then names nobody; False for nobody we know."""
        ...

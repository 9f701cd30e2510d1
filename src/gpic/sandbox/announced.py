"""Stores that tell who listens when something in them changed, so that a console can show it at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.ports import AuditRecord, Saved, Stale
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.organisations import OdsCode
from gpic.provider.authorize.leniencies import CountedLeniencies
from gpic.provider.stages import Leniency
from gpic.relying_party.ports import Linkages
from gpic.relying_party.records import Change, Linkage
from gpic.simulators.exchanges import current
from gpic.storage.provider.cabinets import AuditedHoldings

#: What a remark about a leniency begins with.
LENIENT: Final = "leniency:"


@dataclass(frozen=True, slots=True)
class AnnouncedHoldings:
    """Implements the Holdings port over another implementation of it."""

    kept: AuditedHoldings
    listeners: list[Callable[[PersonId], None]] = field(default_factory=list)  #: told whose holding or trail changed

    async def load(self, person: PersonId) -> Holding:
        """As it is kept."""
        return await self.kept.load(person)

    async def save(self, holding: Holding, *records: AuditRecord) -> Saved | Stale:
        """Keep it and tell."""
        saved = await self.kept.save(holding, *records)
        self._tell(holding.person)
        return saved

    async def release(self, person: PersonId, client_id: str, at: datetime, practice: OdsCode | None) -> GpCredentials | None:
        """Release it and tell: the trail has one line more."""
        released = await self.kept.release(person, client_id, at, practice)
        self._tell(person)
        return released

    async def released_at(self, person: PersonId, client_id: str) -> datetime | None:
        """As it is kept."""
        return await self.kept.released_at(person, client_id)

    async def note(self, record: AuditRecord) -> None:
        """Write it down and tell."""
        await self.kept.note(record)
        self._tell(record.person)

    async def last_released_at(self, person: PersonId) -> datetime | None:
        """As it is kept."""
        return await self.kept.last_released_at(person)

    async def trail(self, person: PersonId) -> tuple[AuditRecord, ...]:
        """As it is kept."""
        return await self.kept.trail(person)

    def _tell(self, person: PersonId) -> None:
        for listener in tuple(self.listeners):
            listener(person)


@dataclass(frozen=True, slots=True)
class AnnouncedLinkages:
    """Implements the partner kit's Linkages port over another implementation of it."""

    kept: Linkages
    listeners: list[Callable[[str], None]] = field(default_factory=list)  #: told whose linkage changed: a sub

    async def find(self, sub: str, fingerprint: str) -> Linkage | None:
        """As it is kept."""
        return await self.kept.find(sub, fingerprint)

    async def reserve(self, fingerprint: str, version: int, now: datetime, until: datetime) -> bool:
        """As it is kept; nobody can tell yet whose it will be."""
        return await self.kept.reserve(fingerprint, version, now, until)

    async def settle(self, sub: str, fingerprint: str, change: Change) -> None:
        """Carry it out and tell."""
        await self.kept.settle(sub, fingerprint, change)
        self._tell(sub)

    async def forget(self, sub: str) -> None:
        """Erase and tell."""
        await self.kept.forget(sub)
        self._tell(sub)

    def _tell(self, sub: str) -> None:
        for listener in tuple(self.listeners):
            listener(sub)


class RemarkedLeniencies(CountedLeniencies):
    """Counts, and remarks on the message where the partner relied on it."""

    def note(self, client_id: str, leniency: Leniency) -> None:
        """This client relied on it once more."""
        CountedLeniencies.note(self, client_id, leniency)
        if (exchange := current()) is not None:
            exchange.notes.append(f"{LENIENT}{leniency.value}")

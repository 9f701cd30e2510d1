"""Holdings and the audit trail, written together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.ports import AuditEvent, AuditRecord, Saved, Stale, withheld_because
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.organisations import OdsCode


@dataclass(slots=True)
class MemoryHoldings:
    """Holdings by person, the audit trail as a list."""

    _holdings: dict[PersonId, Holding] = field(default_factory=dict)
    _released: dict[tuple[PersonId, str], datetime] = field(default_factory=dict)
    _trail: list[AuditRecord] = field(default_factory=list)

    async def load(self, person: PersonId) -> Holding:
        """What is held; an EMPTY holding of version 0 for a person never seen."""
        return self._holdings.get(person, Holding(person))

    async def save(self, holding: Holding, *records: AuditRecord) -> Saved | Stale:
        """Store *holding* over the version it was read at, with the records, in one step, or nothing of both."""
        there = self._holdings.get(holding.person, Holding(holding.person))
        if there.version != holding.version:
            return Stale(there)
        newer = replace(holding, version=holding.version + 1)
        self._holdings[holding.person] = newer
        self._trail.extend(records)
        return Saved(newer)

    async def release(self, person: PersonId, client_id: str, at: datetime, practice: OdsCode | None) -> GpCredentials | None:
        """The details, if the stored state may be released, with the release record in one step (N4, N7)."""
        holding = self._holdings.get(person, Holding(person))
        if why := withheld_because(holding, practice):
            self._trail.append(AuditRecord(at, person, AuditEvent.WITHHELD, holding.version, client_id, why))
            return None
        self._released[person, client_id] = at
        self._trail.append(AuditRecord(at, person, AuditEvent.RELEASED, holding.version, client_id))
        return holding.details

    async def released_at(self, person: PersonId, client_id: str) -> datetime | None:
        """When this client last got this person's details (N16)."""
        return self._released.get((person, client_id))

    async def note(self, record: AuditRecord) -> None:
        """Write this down, whatever is held (N7)."""
        self._trail.append(record)

    async def last_released_at(self, person: PersonId) -> datetime | None:
        """When any partner last got this person's details (N18)."""
        return max((at for (whose, _), at in self._released.items() if whose == person), default=None)

    def held(self) -> Sequence[Holding]:
        """Everything that was ever stored."""
        return tuple(self._holdings.values())

    async def trail(self, person: PersonId) -> tuple[AuditRecord, ...]:
        """Everything written down about this person, oldest first."""
        return tuple(record for record in self._trail if record.person == person)

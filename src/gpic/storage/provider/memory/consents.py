"""What people agreed to share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class MemoryConsents:
    """Scopes by person and partner."""

    _agreed: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    async def agreed(self, subject: str, client_id: str) -> frozenset[str]:
        """The scopes that this person shares with this partner."""
        return self._agreed.get((subject, client_id), frozenset())

    async def agree(self, subject: str, client_id: str, scopes: frozenset[str], at: datetime) -> None:  # noqa: ARG002 - a date is for those who remember
        """Add scopes to what is shared."""
        self._agreed[subject, client_id] = await self.agreed(subject, client_id) | scopes

    async def withdraw(self, subject: str, client_id: str, at: datetime) -> None:  # noqa: ARG002 - see agree
        """Share nothing any more (N6)."""
        self._agreed.pop((subject, client_id), None)

"""All cabinets of a provider together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import AuditRecord, Holdings, People
from gpic.provider.ports import Accounts, Clients, Codes, Consents, Families, Interactions, Sessions


class AuditedHoldings(Holdings, Protocol):
    """Holdings whose audit trail can be read, for an operator and for tests."""

    async def trail(self, person: PersonId) -> tuple[AuditRecord, ...]:
        """Everything written down about this person, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Cabinets:
    """One implementation of every store that the provider and its engine need."""

    clients: Clients
    accounts: Accounts
    sessions: Sessions
    interactions: Interactions
    consents: Consents
    codes: Codes
    families: Families
    holdings: AuditedHoldings
    people: People
    shut: Callable[[], None]

    def close(self) -> None:
        """Let go of what lies underneath."""
        self.shut()

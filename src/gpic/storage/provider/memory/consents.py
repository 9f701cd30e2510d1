"""What people agreed to share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gpic.credentials.ports import AuditEvent, AuditRecord
from gpic.provider.ports import Sharing
from gpic.storage.provider.memory.accounts import MemoryAccounts
from gpic.storage.provider.memory.grants import Shelf
from gpic.storage.provider.memory.holdings import MemoryHoldings


@dataclass(slots=True)
class MemoryConsents:
    """Scopes by person and partner."""

    shelf: Shelf
    accounts: MemoryAccounts
    holdings: MemoryHoldings
    _agreed: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    async def all(self, subject: str) -> tuple[Sharing, ...]:
        """Everything that this person shares, by client id."""
        theirs = {client_id: scopes for (owner, client_id), scopes in self._agreed.items() if owner == subject and scopes}
        return tuple(Sharing(client_id, theirs[client_id]) for client_id in sorted(theirs))

    async def agreed(self, subject: str, client_id: str) -> frozenset[str]:
        """The scopes that this person shares with this partner."""
        return self._agreed.get((subject, client_id), frozenset())

    async def agree(self, subject: str, client_id: str, scopes: frozenset[str], at: datetime) -> None:  # noqa: ARG002 - a date is for those who remember
        """Add scopes to what is shared."""
        self._agreed[subject, client_id] = await self.agreed(subject, client_id) | scopes

    async def withdraw(self, subject: str, client_id: str, at: datetime) -> None:
        """Share nothing any more, end every token that came of it, and write that down, in one step (N6, N7)."""
        self.shelf.revoke_between(subject, client_id)
        shared, account = self._agreed.pop((subject, client_id), None), await self.accounts.by_subject(subject)
        if shared and account is not None:
            version = (await self.holdings.load(account.person)).version
            await self.holdings.note(AuditRecord(at, account.person, AuditEvent.CONSENT_WITHDRAWN, version, client_id))

    def withdraw_all_of(self, client_id: str) -> None:
        """Nobody shares anything with this partner any more."""
        self._agreed = {pair: scopes for pair, scopes in self._agreed.items() if pair[1] != client_id}

"""All cabinets of a provider together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import AuditRecord, Holdings, People, Releases
from gpic.credentials.rounds import Census
from gpic.provider.identity.ports import Allowances, CodeShelf, Devices, Passkeys
from gpic.provider.identity.step_up import ChangingAccounts
from gpic.provider.ports import (
    AssertedIdentities,
    ClientMetadata,
    Clients,
    Codes,
    Consents,
    Families,
    Interactions,
    Sessions,
    SigningKeys,
)
from gpic.provider.sign_in_limits import TriedPasswords


class AuditedHoldings(Holdings, Releases, Protocol):
    """Holdings whose audit trail can be read, for an operator and for tests."""

    async def trail(self, person: PersonId) -> tuple[AuditRecord, ...]:
        """Everything written down about this person, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Cabinets:
    """One implementation of every store that the provider and its engine need."""

    clients: Clients
    accounts: ChangingAccounts
    sessions: Sessions
    interactions: Interactions
    consents: Consents
    code_shelf: CodeShelf
    allowances: Allowances
    devices: Devices
    passkeys: Passkeys
    tried_passwords: TriedPasswords
    codes: Codes
    families: Families
    identities: AssertedIdentities
    signing_keys: SigningKeys
    client_metadata: ClientMetadata
    holdings: AuditedHoldings
    people: People
    census: Census
    shut: Callable[[], None]

    def close(self) -> None:
        """Let go of what lies underneath."""
        self.shut()

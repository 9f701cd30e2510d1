"""The cabinets in memory, for one event loop: between two `await`s nobody else runs, so each method is one step.

They keep every promise of the ports but that of outliving the process.
"""

from __future__ import annotations

from gpic.nhs.clock import Clocks
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.memory.accounts import MemoryAccounts, MemoryPeople
from gpic.storage.provider.memory.browsers import MemoryInteractions, MemorySessions
from gpic.storage.provider.memory.census import MemoryCensus
from gpic.storage.provider.memory.client_metadata import MemoryClientMetadata
from gpic.storage.provider.memory.clients import MemoryClients
from gpic.storage.provider.memory.consents import MemoryConsents
from gpic.storage.provider.memory.grants import Endings, MemoryAssertedIdentities, MemoryCodes, MemoryFamilies, Shelf
from gpic.storage.provider.memory.holdings import MemoryHoldings
from gpic.storage.provider.memory.identity import MemoryAllowances, MemoryCodeShelf, MemoryDevices, MemoryPasskeys
from gpic.storage.provider.memory.signing_keys import MemorySigningKeys
from gpic.storage.provider.memory.tried_passwords import MemoryTriedPasswords

__all__ = ["cabinets"]


def cabinets(clocks: Clocks | None = None) -> Cabinets:
    """Empty cabinets."""
    clocks = clocks or Clocks()
    accounts = MemoryAccounts(clocks.world)
    people, holdings = MemoryPeople(accounts), MemoryHoldings()
    shelf, client_metadata = Shelf(), MemoryClientMetadata()
    consents, endings = MemoryConsents(shelf, accounts, holdings), Endings(shelf, accounts, holdings, clocks.world)
    return Cabinets(
        clients=MemoryClients(shelf, consents, client_metadata),
        accounts=accounts,
        sessions=MemorySessions(),
        interactions=MemoryInteractions(),
        consents=consents,
        code_shelf=MemoryCodeShelf(),
        allowances=MemoryAllowances(),
        devices=MemoryDevices(),
        passkeys=MemoryPasskeys(),
        tried_passwords=MemoryTriedPasswords(),
        codes=MemoryCodes(shelf, endings),
        families=MemoryFamilies(shelf, endings),
        identities=MemoryAssertedIdentities(shelf),
        signing_keys=MemorySigningKeys(),
        client_metadata=client_metadata,
        holdings=holdings,
        people=people,
        census=MemoryCensus(holdings, people),
        shut=lambda: None,
    )

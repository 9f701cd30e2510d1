"""The cabinets in memory, for one event loop: between two `await`s nobody else runs, so each method is one step.

They keep every promise of the ports but that of outliving the process.
"""

from __future__ import annotations

from gpic.nhs.clock import Clocks
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.memory.accounts import MemoryAccounts, MemoryPeople
from gpic.storage.provider.memory.browsers import MemoryInteractions, MemorySessions
from gpic.storage.provider.memory.clients import MemoryClients
from gpic.storage.provider.memory.consents import MemoryConsents
from gpic.storage.provider.memory.grants import MemoryCodes, MemoryFamilies, Shelf
from gpic.storage.provider.memory.holdings import MemoryHoldings

__all__ = ["cabinets"]


def cabinets(clocks: Clocks | None = None) -> Cabinets:
    """Empty cabinets."""
    clocks = clocks or Clocks()
    accounts = MemoryAccounts(clocks.world)
    shelf = Shelf()
    return Cabinets(
        clients=MemoryClients(),
        accounts=accounts,
        sessions=MemorySessions(),
        interactions=MemoryInteractions(),
        consents=MemoryConsents(),
        codes=MemoryCodes(shelf),
        families=MemoryFamilies(shelf),
        holdings=MemoryHoldings(),
        people=MemoryPeople(accounts),
        shut=lambda: None,
    )

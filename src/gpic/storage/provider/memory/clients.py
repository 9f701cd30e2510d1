"""The register of partners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from gpic.provider.clients import Client
from gpic.storage.provider.memory.client_metadata import MemoryClientMetadata
from gpic.storage.provider.memory.consents import MemoryConsents
from gpic.storage.provider.memory.grants import Shelf


@dataclass(slots=True)
class MemoryClients:
    """Partners in a dictionary, and what goes when they go."""

    shelf: Shelf
    consents: MemoryConsents
    client_metadata: MemoryClientMetadata
    _clients: dict[str, Client] = field(default_factory=dict)

    async def get(self, client_id: str) -> Client | None:
        """The client, disabled or not."""
        return self._clients.get(client_id)

    async def all(self) -> tuple[Client, ...]:
        """Every client, in the order of their ids."""
        return tuple(self._clients[client_id] for client_id in sorted(self._clients))

    async def put(self, *clients: Client) -> None:
        """Add clients or replace them whole."""
        self._clients |= {client.client_id: client for client in clients}

    async def change(self, client_id: str, decide: Callable[[Client | None], Client]) -> Client:
        """Replace a client by what *decide* makes of it, in one step."""
        client = decide(self._clients.get(client_id))
        self._clients[client_id] = client
        return client

    async def remove(self, client_id: str, at: datetime) -> bool:  # noqa: ARG002 - a date is for those who remember
        """Forget a client and all that depends on it; False when there is none."""
        if self._clients.pop(client_id, None) is None:
            return False
        self.shelf.revoke_all_of(client_id)
        self.consents.withdraw_all_of(client_id)
        self.client_metadata.delete_all_of(client_id)
        self._clients = {
            other: replace(client, hands_over_to=client.hands_over_to - {client_id}) for other, client in self._clients.items()
        }
        return True

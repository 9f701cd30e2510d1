"""The register of partners."""

from __future__ import annotations

from dataclasses import dataclass, field

from gpic.provider.clients import Client


@dataclass(slots=True)
class MemoryClients:
    """Partners in a dictionary."""

    _clients: dict[str, Client] = field(default_factory=dict)

    async def get(self, client_id: str) -> Client | None:
        """The client, disabled or not."""
        return self._clients.get(client_id)

    async def put(self, client: Client) -> None:
        """Add a client or replace it whole."""
        self._clients[client.client_id] = client

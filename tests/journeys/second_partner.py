"""Hillside: a second partner beside the sandbox's own, on the kit as anybody would use it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gpic.gp_systems.directory import PartnerSurgeries
from gpic.jose.keys import SigningKey
from gpic.nhs.clock import Clocks
from gpic.outbound import open_client
from gpic.provider.clients import Client
from gpic.relying_party.frameworks.starlette import routes, straight_back
from gpic.relying_party.outcomes import CannotConnect, Connected, ReturnToLogin, TryLater
from gpic.relying_party.party import RelyingParty
from gpic.relying_party.policy import RelyingPartySettings
from gpic.sandbox.servers import listen, serving
from gpic.sandbox.stage import CLIENT_ID, SCOPES, Stage
from gpic.sandbox.surgeries import SECOND_PARTNER, directory_of, systems_of
from gpic.wiring.partner import partner

HILLSIDE = "hillside"


@dataclass
class Ends:
    """Pages that remember how each login ended."""

    connections: list[Connected] = field(default_factory=list)

    async def connected(self, request: Request, outcome: Connected) -> Response:
        """In."""
        self.connections.append(outcome)
        return HTMLResponse('<h1 id="connected">Hillside</h1>')

    async def going_back(self, request: Request, outcome: ReturnToLogin) -> Response:
        """Once more."""
        return await straight_back(request, outcome)

    async def try_later(self, request: Request, outcome: TryLater) -> Response:
        """Later."""
        return HTMLResponse('<h1 id="try-later">Later</h1>')

    async def cannot_connect(self, request: Request, outcome: CannotConnect) -> Response:
        """Never."""
        return HTMLResponse(f'<h1 id="cannot-connect">{outcome.reason} {outcome.code}</h1>')


@dataclass(frozen=True)
class Hillside:
    """The partner as it runs."""

    address: str
    party: RelyingParty
    ends: Ends

    def vouch(self) -> str:
        """An identity asserted for whoever connected last: the kit's own (R14)."""
        return self.party.assert_identity(self.ends.connections[-1])


@contextlib.asynccontextmanager
async def hillside(stage: Stage, key: SigningKey) -> AsyncIterator[Hillside]:
    """Registered at the sandbox's NHS login, which lets it hand people over to Riverside, and served beside it."""
    listening = listen(0)
    address = f"http://localhost:{listening.getsockname()[1]}"
    settings = RelyingPartySettings(stage.addresses.provider, HILLSIDE, key, redirect_uri=f"{address}/callback", scopes=SCOPES)
    await stage.nhs_login.cabinets.clients.put(
        Client(
            client_id=HILLSIDE,
            name="Hillside",
            redirect_uris=frozenset({settings.redirect_uri}),
            scopes=frozenset(SCOPES),
            keys=(key.public_pem,),
            im1_enabled=True,
            hands_over_to=frozenset({CLIENT_ID}),
        )
    )
    clocks = Clocks(world=stage.world_clock)
    async with open_client(stage.addresses.emis) as emis, open_client(stage.addresses.tpp) as tpp:
        systems = systems_of(SECOND_PARTNER, emis, tpp, clocks).by_supplier()
        party = partner(settings, PartnerSurgeries(directory_of(stage.world, clocks), systems), clocks=clocks)
        ends = Ends()
        async with serving({"hillside": Starlette(routes=routes(party, ends))}, {"hillside": listening}):
            yield Hillside(address, party, ends)
        await party.close()


async def forbid_hand_over(stage: Stage) -> None:
    """The operator changes who may assert to whom."""
    clients = stage.nhs_login.cabinets.clients
    client = await clients.get(HILLSIDE)
    assert client is not None
    await clients.put(replace(client, hands_over_to=frozenset()))

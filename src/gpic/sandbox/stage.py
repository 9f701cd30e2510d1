"""All roles in one process, on loopback: NHS login, a partner, EMIS, TPP and PDS, with one journal and one world."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Final

from httpx2 import AsyncClient
from starlette.types import ASGIApp

from gpic import settings as configuration
from gpic.gp_systems.directory import Directory, EngineSurgeries, PartnerSurgeries
from gpic.gp_systems.emis.client import EmisWeb
from gpic.gp_systems.tpp.client import TppSystmOne
from gpic.nhs.clock import Clocks, MovableClock
from gpic.outbound import open_client
from gpic.provider.clients import Client
from gpic.provider.policy import Profile
from gpic.relying_party.policy import RelyingPartySettings
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.lanes import EMIS_AS_CALLER, describe_partner, describe_provider
from gpic.sandbox.nhs_login import NhsLogin, nhs_login
from gpic.sandbox.partner_service import NAME, partner_app
from gpic.sandbox.residents import settle_in
from gpic.sandbox.servers import listen_in_a_row, serving
from gpic.sandbox.standins import Switches, standins
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER, directory_of, pds_of, systems_of
from gpic.sandbox.walk import Traveller
from gpic.simulators.cast import furnish
from gpic.simulators.faults import Faults
from gpic.simulators.journal import Journal, Watched
from gpic.simulators.world import World
from gpic.wiring.partner import partner

ROLES: Final = ("partner", "provider", "emis", "tpp", "pds")
CLIENT_ID: Final = "riverside-health"
SCOPES: Final = ("openid", "profile", "gp_integration_credentials")
FHIR: Final = "/personal-demographics/FHIR/R4"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where each role is served, by name: browsers keep cookies of names, and passkeys refuse numbers."""

    partner: str
    provider: str
    emis: str
    tpp: str
    pds: str

    @classmethod
    def of(cls, listening: Mapping[str, socket]) -> Addresses:
        """The addresses of these sockets."""
        return cls(**{role: f"http://localhost:{one.getsockname()[1]}" for role, one in listening.items()})

    def named(self) -> dict[str, str]:
        """The addresses under the names that a person knows."""
        return {
            "Sample partner": self.partner,
            "NHS login (simulator)": self.provider,
            "EMIS (stand-in)": self.emis,
            "TPP (stand-in)": self.tpp,
            "PDS (stand-in)": self.pds,
        }


@dataclass(frozen=True, slots=True)
class Script:
    """How a sandbox starts: who lives in its world, its keys, its switches, and what the sample partner is registered for."""

    furnish: Callable[[World], None] = furnish
    keys: SandboxKeys = field(default_factory=SandboxKeys)
    switches: Switches = field(default_factory=Switches)
    environment: Mapping[str, str] = field(default_factory=dict)  #: settings, as GPIC_… variables
    im1_enabled: bool = True
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """A running sandbox."""

    addresses: Addresses
    world: World
    journal: Journal
    faults: Faults
    switches: Switches
    world_clock: MovableClock
    people: Mapping[str, Traveller]
    nhs_login: NhsLogin

    async def settled(self) -> None:
        """Wait until NHS login has nothing left to do that is due."""
        await self.nhs_login.settled()


@dataclass(frozen=True, slots=True)
class Scenery:
    """What all roles share while a sandbox runs. Clients are opened on the roles' addresses, one for each."""

    script: Script
    folder: Path
    addresses: Addresses
    clocks: Clocks
    world: World
    directory: Directory
    emis: AsyncClient
    tpp: AsyncClient
    pds: AsyncClient
    provider: AsyncClient
    emis_to_provider: AsyncClient

    def systems_of(self, role: str) -> dict[str, EmisWeb | TppSystmOne]:
        """NHS_LOGIN's or PARTNER's adapters, by supplier."""
        return systems_of(role, self.emis, self.tpp, self.clocks).by_supplier()


@contextlib.asynccontextmanager
async def stage(port: int = 0, script: Script | None = None) -> AsyncIterator[Stage]:
    """Everything, on five ports in a row from *port* (0: any free ones). Raises PortTaken, SettingsInvalid."""
    script, world_clock = script or Script(), MovableClock()
    listening = listen_in_a_row(port, ROLES)
    async with contextlib.AsyncExitStack() as stack:
        for one in listening.values():
            stack.callback(one.close)
        scenery = await _set_up(stack, script, Addresses.of(listening), Clocks(world=world_clock))
        journal, faults = Journal(scenery.clocks), Faults(script.seed)
        role = await stack.enter_async_context(_provider_role(scenery))
        people = await settle_in(scenery.world, role.cabinets.accounts)
        apps: dict[str, ASGIApp] = {
            **standins(
                scenery.world, journal, faults, script.switches, pds_key=script.keys.pds, provider=scenery.emis_to_provider
            ),
            "provider": Watched(role.app, journal, NHS_LOGIN, describe_provider),
            "partner": Watched(_partner_role(scenery), journal, PARTNER, describe_partner),
        }
        await stack.enter_async_context(serving(apps, dict(listening)))
        yield Stage(scenery.addresses, scenery.world, journal, faults, script.switches, world_clock, people, role)


async def _set_up(stack: contextlib.AsyncExitStack, script: Script, addresses: Addresses, clocks: Clocks) -> Scenery:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gpic-sandbox-")))
    world = World(clocks, seed=script.seed)
    script.furnish(world)

    async def line_to(address: str, caller: str = "gpic") -> AsyncClient:
        return await stack.enter_async_context(open_client(address, headers={"User-Agent": caller}))

    return Scenery(
        script,
        folder,
        addresses,
        clocks,
        world,
        directory_of(world, clocks),
        emis=await line_to(addresses.emis),
        tpp=await line_to(addresses.tpp),
        pds=await line_to(addresses.pds + FHIR),
        provider=await line_to(addresses.provider),
        emis_to_provider=await line_to(addresses.provider, EMIS_AS_CALLER),
    )


@contextlib.asynccontextmanager
async def _provider_role(scenery: Scenery) -> AsyncIterator[NhsLogin]:
    """NHS login, with the sample partner registered."""
    addresses, script, clocks = scenery.addresses, scenery.script, scenery.clocks
    settings = configuration.read(
        {"provider": {"issuer": addresses.provider, "profile": Profile.COMPAT}},
        configuration.from_environment(script.environment),
    )
    pds = pds_of(scenery.pds, f"{addresses.pds}/oauth2/token", script.keys.pds, clocks)
    surgeries = EngineSurgeries(scenery.directory, scenery.systems_of(NHS_LOGIN))
    async with nhs_login(
        scenery.folder, settings, key=script.keys.provider, pds=pds, surgeries=surgeries, clocks=clocks
    ) as role:
        await role.cabinets.clients.put(
            Client(
                client_id=CLIENT_ID,
                name=NAME,
                redirect_uris=frozenset({f"{addresses.partner}/callback"}),
                scopes=frozenset(SCOPES),
                keys=(script.keys.partner.public_pem,),
                im1_enabled=script.im1_enabled,
            )
        )
        yield role


def _partner_role(scenery: Scenery) -> ASGIApp:
    """The sample partner's service, with a store of its own."""
    settings = RelyingPartySettings(
        issuer=scenery.addresses.provider,
        client_id=CLIENT_ID,
        key=scenery.script.keys.partner,
        redirect_uri=f"{scenery.addresses.partner}/callback",
        scopes=SCOPES,
    )
    party = partner(
        settings,
        PartnerSurgeries(scenery.directory, scenery.systems_of(PARTNER)),
        database=scenery.folder / "partner.sqlite",
        client=scenery.provider,
        clocks=scenery.clocks,
    )
    return partner_app(party, scenery.directory.name_of, clock=scenery.clocks.wire)

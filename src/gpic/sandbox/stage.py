"""All roles in one process, on loopback: NHS login, a partner, EMIS, TPP and PDS, with one journal and one world."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Final

from starlette.types import ASGIApp

from gpic import settings as configuration
from gpic.gp_systems.directory import Directory, EngineSurgeries, PartnerSurgeries
from gpic.nhs.clock import Clocks, MovableClock
from gpic.outbound import open_client
from gpic.provider.clients import Client
from gpic.relying_party.policy import RelyingPartySettings
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.lanes import describe_partner, describe_provider
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


@contextlib.asynccontextmanager
async def stage(port: int = 0, script: Script | None = None) -> AsyncIterator[Stage]:
    """Everything, on five ports in a row from *port* (0: any free ones). Raises PortTaken, SettingsInvalid."""
    script = script or Script()
    listening = listen_in_a_row(port, ROLES)
    async with contextlib.AsyncExitStack() as stack:
        for one in listening.values():
            stack.callback(one.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gpic-sandbox-")))
        yield await _raise_curtain(stack, folder, listening, script)


async def _raise_curtain(
    stack: contextlib.AsyncExitStack, folder: Path, listening: Mapping[str, socket], script: Script
) -> Stage:
    addresses, world_clock = Addresses.of(listening), MovableClock()
    clocks = Clocks(world=world_clock)
    world = World(clocks, seed=script.seed)
    script.furnish(world)
    journal, faults = Journal(clocks), Faults(world.random)
    directory = directory_of(world, clocks)
    emis, tpp, fhir = [
        await stack.enter_async_context(open_client(address))
        for address in (addresses.emis, addresses.tpp, addresses.pds + FHIR)
    ]
    role = await stack.enter_async_context(
        nhs_login(
            folder,
            configuration.read(
                {"provider": {"issuer": addresses.provider, "profile": "compat"}},
                configuration.from_environment(script.environment),
            ),
            key=script.keys.provider,
            pds=pds_of(fhir, f"{addresses.pds}/oauth2/token", script.keys.pds, clocks),
            surgeries=EngineSurgeries(directory, systems_of(NHS_LOGIN, emis, tpp, clocks).by_supplier()),
            clocks=clocks,
        )
    )
    await role.cabinets.clients.put(sample_client(addresses, script))
    people = await settle_in(world, role.cabinets.accounts)
    apps: dict[str, ASGIApp] = {
        **standins(
            world,
            journal,
            faults,
            script.switches,
            pds_key=script.keys.pds,
            issuer=addresses.provider,
        ),
        "provider": Watched(role.app, journal, NHS_LOGIN, describe_provider),
        "partner": Watched(
            sample_partner(
                folder,
                addresses,
                script,
                PartnerSurgeries(directory, systems_of(PARTNER, emis, tpp, clocks).by_supplier()),
                directory,
                clocks,
            ),
            journal,
            PARTNER,
            describe_partner,
        ),
    }
    await stack.enter_async_context(serving(apps, dict(listening)))
    return Stage(addresses, world, journal, faults, script.switches, world_clock, people, role)


def sample_client(addresses: Addresses, script: Script) -> Client:
    """The sample partner as NHS login knows it."""
    return Client(
        client_id=CLIENT_ID,
        name=NAME,
        redirect_uris=frozenset({f"{addresses.partner}/callback"}),
        scopes=frozenset(SCOPES),
        keys=(script.keys.partner.public_pem,),
        im1_enabled=script.im1_enabled,
    )


def sample_partner(
    folder: Path, addresses: Addresses, script: Script, gp_systems: PartnerSurgeries, directory: Directory, clocks: Clocks
) -> ASGIApp:
    """The sample partner's service, with its own store."""
    settings = RelyingPartySettings(
        issuer=addresses.provider,
        client_id=CLIENT_ID,
        key=script.keys.partner,
        redirect_uri=f"{addresses.partner}/callback",
        scopes=SCOPES,
    )
    party = partner(settings, gp_systems, database=folder / "partner.sqlite", clocks=clocks)
    return partner_app(party, directory.name_of, clock=clocks.wire)

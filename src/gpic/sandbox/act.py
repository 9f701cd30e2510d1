"""One act: a world and everybody in it, from how it begins to how it ends, on a ground that was there before."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp

from gpic import settings as configuration
from gpic.gp_systems.directory import EngineSurgeries, PartnerSurgeries
from gpic.gp_systems.plugs import Adapter
from gpic.nhs.clock import Clocks, MovableClock
from gpic.provider.accounts import Account
from gpic.provider.clients import Client
from gpic.provider.policy import Profile
from gpic.provider.registration import registered
from gpic.relying_party.party import RelyingParty
from gpic.relying_party.policy import RelyingPartySettings
from gpic.sandbox.announced import AnnouncedLinkages
from gpic.sandbox.authority import Papers
from gpic.sandbox.ground import Ground
from gpic.sandbox.kept import PARTNER as PARTNER_FILE
from gpic.sandbox.kept import Kept
from gpic.sandbox.lanes import SAMPLE_AS_CALLER, describe_partner, describe_provider
from gpic.sandbox.nhs_login import NhsLogin, nhs_login
from gpic.sandbox.partner_service import NAME, partner_app
from gpic.sandbox.reach import Ways
from gpic.sandbox.residents import settle_in, travellers
from gpic.sandbox.script import CLIENT_ID, SCOPES, Addresses
from gpic.sandbox.standins import Callers, StoodIn, Switches, standins
from gpic.sandbox.surgeries import (
    NHS_LOGIN,
    PARTNER,
    WorldDirectory,
    directory_of,
    feed_of,
    mapping_of,
    pds_of,
    subscribe,
    systems_of,
)
from gpic.sandbox.switchboard import Switchboard
from gpic.sandbox.walk import Traveller
from gpic.simulators.exchanges import Overheard
from gpic.simulators.faults import Fault, Faults
from gpic.simulators.journal import Journal, Watched
from gpic.simulators.mns import Mns
from gpic.simulators.world import World
from gpic.storage.partner.cabinets import SqlLinkages
from gpic.storage.partner.sqlite import sqlite_cabinets
from gpic.storage.sealing import Sealer, keys_from_file


@dataclass(frozen=True, slots=True)
class SampleStore:
    """What the sample partner keeps, to look into and to listen at."""

    rows: SqlLinkages
    announced: AnnouncedLinkages


@dataclass(frozen=True, slots=True)
class Stage:
    """A running sandbox."""

    addresses: Addresses
    world: World
    journal: Journal
    faults: Faults
    switches: Switches
    world_clock: MovableClock
    people: dict[str, Traveller]
    accounts: dict[str, Account]  #: everybody's NHS login account as it was first, by slug
    nhs_login: NhsLogin
    mns: Mns
    clocks: Clocks
    folder: Path  #: where the databases of this act lie
    callers: Callers  #: whom the GP systems know
    sample: SampleStore
    ways: Ways = field(default_factory=lambda: Ways({}))  #: for browsers: how to get to the addresses
    authority: Path | None = None  #: with TLS, the certificate that others must trust, in PEM
    papers: Papers | None = None  #: with TLS, everything in PEM; TPP wants a certificate of whoever calls

    @property
    def switchboard(self) -> Switchboard:
        """Every switch by its name."""
        return Switchboard(self.world, self.switches)

    async def settled(self) -> None:
        """Wait until MNS has delivered and NHS login has nothing left to do that is due."""
        self.world.catch_up()
        while self.mns.due():  # noqa: ASYNC110 - the queue rings no bell
            await asyncio.sleep(0.01)
        await self.nhs_login.settled()


@dataclass(frozen=True, slots=True)
class Scenery:
    """What all roles of one act share."""

    ground: Ground
    folder: Path
    clocks: Clocks
    world: World
    directory: WorldDirectory

    def systems_of(self, role: str) -> dict[str, Adapter]:
        """NHS_LOGIN's or PARTNER's adapters, by supplier."""
        lines = self.ground.lines
        return systems_of(role, lines.emis, lines.tpp, self.clocks, medicus=lines.medicus).by_supplier()


@contextlib.asynccontextmanager
async def act(ground: Ground, kept: Kept | None = None) -> AsyncIterator[Stage]:
    """Begin as the script says, or as something was *kept*; the doors lead here while the block runs.

    Raises SettingsInvalid, SnapshotInvalid, GuestInvalid.
    """
    world_clock = kept.clock() if kept is not None else MovableClock()
    switches = copy.deepcopy(ground.script.switches)
    async with contextlib.AsyncExitStack() as stack:
        scenery = _set_up(stack, ground, kept, Clocks(world=world_clock))
        journal, faults = Journal(scenery.clocks), Faults(ground.script.seed)
        _restore(kept, scenery.world, switches, faults)
        role = await stack.enter_async_context(_provider_role(scenery))
        people, accounts = travellers(scenery.world), await settle_in(scenery.world, role.cabinets.accounts)
        if ground.script.scripted_sign_in:
            role.scripted.emails.update({slug: who.email for slug, who in people.items()})
        callers = _callers(ground)
        stood_in = standins(scenery.world, journal, faults, switches, callers)
        party, sample = _partner_role(scenery)
        stack.push_async_callback(party.close)
        _open(ground, _apps(scenery, role, party, stood_in, journal))
        await subscribe(ground.lines.mns, f"{ground.local.mns}/oauth2/token", ground.script.keys.pds, scenery.clocks)
        await stack.enter_async_context(role.following(feed_of(ground.lines.queues), stood_in.mns.close))
        scenery.directory.tell = role.systems_changed
        _tell_guests(scenery)
        yield Stage(
            addresses=ground.addresses,
            world=scenery.world,
            journal=journal,
            faults=faults,
            switches=switches,
            world_clock=world_clock,
            people=people,
            accounts=accounts,
            nhs_login=role,
            mns=stood_in.mns,
            clocks=scenery.clocks,
            folder=scenery.folder,
            callers=callers,
            sample=sample,
            ways=ground.ways,
            authority=ground.papers.authority if ground.papers is not None else None,
            papers=ground.papers,
        )


def _set_up(stack: contextlib.AsyncExitStack, ground: Ground, kept: Kept | None, clocks: Clocks) -> Scenery:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="act-", dir=ground.folder)))
    world = World(clocks, seed=ground.script.seed)
    if kept is None:
        ground.script.furnish(world)
    else:
        kept.lay_out(folder)
        world.restore(kept.world)
    return Scenery(ground, folder, clocks, world, directory_of(world, clocks))


def _restore(kept: Kept | None, world: World, switches: Switches, faults: Faults) -> None:
    if kept is not None:
        Switchboard(world, switches).throw_all(kept.switches)
        for fault in kept.faults:
            faults.set(Fault.of(fault))


def _callers(ground: Ground) -> Callers:
    callers = Callers(ground.script.keys.pds, ground.lines.emis_to_provider)
    for client_id, name in ground.names.items():
        callers.enrol(client_id, name)
    return callers


def _apps(scenery: Scenery, role: NhsLogin, party: RelyingParty, stood_in: StoodIn, journal: Journal) -> Mapping[str, ASGIApp]:
    partner = partner_app(party, scenery.directory.name_of, clock=scenery.clocks.wire)
    return {
        **stood_in.apps,
        "provider": Watched(role.app, journal, NHS_LOGIN, describe_provider),
        "partner": Watched(partner, journal, PARTNER, describe_partner),
    }


def _open(ground: Ground, apps: Mapping[str, ASGIApp]) -> None:
    for name, app in apps.items():
        ground.doors[name].lead_to(Overheard(app))


def _tell_guests(scenery: Scenery) -> None:
    ground = scenery.ground
    addresses = {name: getattr(ground.addresses, name) for name in ("emis", "tpp", "medicus")}
    for guest in ground.script.services:
        guest.tell(ground.addresses.provider, addresses, mapping_of(scenery.world), ground.papers)


#: Scripts log the same few people in all day long.
UNHURRIED: Final = {"codes_sent": 100_000, "codes_within": 1, "details_tried": 1000}


@contextlib.asynccontextmanager
async def _provider_role(scenery: Scenery) -> AsyncIterator[NhsLogin]:
    """NHS login, with the sample partner and everybody's own services registered."""
    ground, clocks = scenery.ground, scenery.clocks
    script = ground.script
    settings = configuration.read(
        {"provider": {"issuer": ground.addresses.provider, "profile": Profile.COMPAT}, "identity": UNHURRIED},
        configuration.from_environment(script.environment),
    )
    pds = pds_of(ground.lines.pds, f"{ground.local.pds}/oauth2/token", script.keys.pds, clocks)
    surgeries = EngineSurgeries(scenery.directory, scenery.systems_of(NHS_LOGIN))
    async with nhs_login(
        scenery.folder, settings, key=script.keys.provider, pds=pds, surgeries=surgeries, clocks=clocks
    ) as role:
        guests = [guest.client(settings.provider) for guest in script.services]
        visitors = [registered(entry, settings.provider) for entry in ground.visitors.values()]
        await role.cabinets.clients.put(_sample_client(ground), *guests, *visitors)
        yield role


def _sample_client(ground: Ground) -> Client:
    return Client(
        client_id=CLIENT_ID,
        name=NAME,
        redirect_uris=frozenset({f"{ground.addresses.partner}/callback"}),
        scopes=frozenset(SCOPES),
        keys=(ground.script.keys.partner.public_pem,),
        im1_enabled=ground.script.im1_enabled,
    )


def _partner_role(scenery: Scenery) -> tuple[RelyingParty, SampleStore]:
    """The sample partner, with a store of its own."""
    ground = scenery.ground
    settings = RelyingPartySettings(
        issuer=ground.addresses.provider,
        client_id=CLIENT_ID,
        key=ground.script.keys.partner,
        redirect_uri=f"{ground.addresses.partner}/callback",
        scopes=SCOPES,
    )
    sealer = Sealer(*keys_from_file(scenery.folder / "partner.keys", create=True))
    cabinets = sqlite_cabinets(scenery.folder / PARTNER_FILE, sealer)
    if not isinstance(cabinets.linkages, SqlLinkages):
        raise TypeError("the sample partner keeps its linkages in a database")
    sample = SampleStore(cabinets.linkages, AnnouncedLinkages(cabinets.linkages))
    party = RelyingParty(
        settings,
        client=ground.open_line(ground.addresses.provider, SAMPLE_AS_CALLER),
        gp_systems=PartnerSurgeries(scenery.directory, scenery.systems_of(PARTNER)),
        cabinets=replace(cabinets, linkages=sample.announced),
        clocks=scenery.clocks,
    )
    return party, sample

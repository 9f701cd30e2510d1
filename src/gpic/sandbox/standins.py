"""The stand-ins of a sandbox: EMIS, TPP, Medicus, PDS, MNS and ODS over one world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx2
from starlette.types import ASGIApp

from gpic.jose.keys import SigningKey
from gpic.sandbox.lanes import MEDICUS_AS_CALLER
from gpic.sandbox.surgeries import (
    EMIS_APPLICATIONS,
    MEDICUS_CLIENTS,
    MEDICUS_SECRET,
    NHS_LOGIN,
    ODS_API_KEY,
    PDS_API_KEY,
    TPP_PROVIDERS,
    options_for,
)
from gpic.simulators.emis import EmisSwitches, emis_app
from gpic.simulators.faults import Faults
from gpic.simulators.journal import Journal
from gpic.simulators.medicus import MedicusSwitches, medicus_app
from gpic.simulators.mns import Mns, MnsSettings, mns_app
from gpic.simulators.ods import OdsSettings, ods_app
from gpic.simulators.pds import PdsSettings, pds_app
from gpic.simulators.tpp import TppSwitches, tpp_app
from gpic.simulators.world import World

JWKS: Final = "/.well-known/jwks.json"


@dataclass(frozen=True, slots=True)
class Switches:
    """Where the sources disagree, thrown one way or the other while a sandbox runs."""

    emis: EmisSwitches = field(default_factory=EmisSwitches)
    tpp: TppSwitches = field(default_factory=TppSwitches)
    pds: PdsSettings = field(default_factory=PdsSettings)
    medicus: MedicusSwitches = field(default_factory=MedicusSwitches)
    mns: MnsSettings = field(default_factory=MnsSettings)
    ods: OdsSettings = field(default_factory=lambda: OdsSettings(names={ODS_API_KEY: NHS_LOGIN}))


@dataclass(frozen=True, slots=True)
class Callers:
    """Who calls the stand-ins: NHS login, with its key for PDS and where its own keys are read, and partners more."""

    pds_key: SigningKey
    provider: httpx2.AsyncClient  #: by which GP systems read NHS login's keys
    emis_applications: dict[str, str] = field(default_factory=lambda: dict(EMIS_APPLICATIONS))  #: by X-API-ApplicationId
    tpp_providers: dict[str, str] = field(default_factory=lambda: dict(TPP_PROVIDERS))  #: by provider id
    #: By client id, each with its secret.
    medicus_applications: dict[str, tuple[str, str]] = field(
        default_factory=lambda: {one: (name, MEDICUS_SECRET) for one, name in MEDICUS_CLIENTS.items()}
    )

    def enrol(self, client_id: str, name: str) -> None:
        """Every GP system knows somebody's own service from now on, by the identifiers of `options_for`."""
        own = options_for(client_id)
        self.emis_applications[own["emis"]["application_id"]] = name
        self.tpp_providers[own["tpp"]["provider_id"]] = name
        self.medicus_applications[own["medicus"]["client_id"]] = (name, own["medicus"]["client_secret"])


@dataclass(frozen=True, slots=True)
class StoodIn:
    """The applications to serve, by role, and MNS itself, which tells what waits in its queues."""

    apps: Mapping[str, ASGIApp]
    mns: Mns


def standins(world: World, journal: Journal, faults: Faults, switches: Switches, callers: Callers) -> StoodIn:
    """Every stand-in over this world."""

    async def keys_for_emis() -> dict[str, object]:
        keys: dict[str, object] = (await callers.provider.get(JWKS)).json()
        return keys

    async def keys_for_medicus() -> dict[str, object]:
        keys: dict[str, object] = (await callers.provider.get(JWKS, headers={"User-Agent": MEDICUS_AS_CALLER})).json()
        return keys

    clients = {PDS_API_KEY: {callers.pds_key.kid: callers.pds_key.public_pem}}
    mns = mns_app(world, journal, faults, switches.mns, clients=clients)
    apps: dict[str, ASGIApp] = {
        "emis": emis_app(
            world, journal, faults, switches.emis, applications=callers.emis_applications, identity_jwks=keys_for_emis
        ),
        "tpp": tpp_app(world, journal, faults, switches.tpp, providers=callers.tpp_providers),
        "pds": pds_app(world, journal, faults, switches.pds, clients=clients),
        "medicus": medicus_app(
            world,
            journal,
            faults,
            switches.medicus,
            applications=callers.medicus_applications,
            identity_jwks=keys_for_medicus,
        ),
        "mns": mns,
        "ods": ods_app(world, journal, faults, switches.ods),
    }
    return StoodIn(apps, mns.state.mns)

"""The stand-ins of a sandbox: EMIS, TPP and PDS over one world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2
from starlette.types import ASGIApp

from gpic.jose.keys import SigningKey
from gpic.sandbox.surgeries import EMIS_APPLICATIONS, PDS_API_KEY, TPP_PROVIDERS
from gpic.simulators.emis import EmisSwitches, emis_app
from gpic.simulators.faults import Faults
from gpic.simulators.journal import Journal
from gpic.simulators.pds import PdsSettings, pds_app
from gpic.simulators.tpp import TppSwitches, tpp_app
from gpic.simulators.world import World


@dataclass(frozen=True, slots=True)
class Switches:
    """Where the sources disagree, thrown one way or the other while a sandbox runs."""

    emis: EmisSwitches = field(default_factory=EmisSwitches)
    tpp: TppSwitches = field(default_factory=TppSwitches)
    pds: PdsSettings = field(default_factory=PdsSettings)


def standins(
    world: World, journal: Journal, faults: Faults, switches: Switches, *, pds_key: SigningKey, provider: httpx2.AsyncClient
) -> Mapping[str, ASGIApp]:
    """The applications to serve, by role. *pds_key* is what NHS login signs with at PDS; EMIS reads keys through *provider*."""

    async def nhs_login_keys() -> dict[str, object]:
        keys: dict[str, object] = (await provider.get("/.well-known/jwks.json")).json()
        return keys

    return {
        "emis": emis_app(world, journal, faults, switches.emis, applications=EMIS_APPLICATIONS, identity_jwks=nhs_login_keys),
        "tpp": tpp_app(world, journal, faults, switches.tpp, providers=TPP_PROVIDERS),
        "pds": pds_app(world, journal, faults, switches.pds, clients={PDS_API_KEY: {pds_key.kid: pds_key.public_pem}}),
    }

"""Who talks to which stand-in, and under which name."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import httpx2

from gpic.demographics.access import AccessTokens
from gpic.demographics.pds.client import PdsClient
from gpic.gp_systems.directory import Directory
from gpic.gp_systems.emis.client import EmisWeb
from gpic.gp_systems.tpp.client import Application, TppSystmOne
from gpic.jose.keys import SigningKey
from gpic.jose.sign import sign
from gpic.nhs.clock import Clocks
from gpic.simulators.people import Happening
from gpic.simulators.world import World

NHS_LOGIN: Final = "NHS login"
PARTNER: Final = "Partner"
PDS_API_KEY: Final = "sandbox-nhs-login"

#: Which application of which role a GP system sees, by the identifier that it is told.
EMIS_APPLICATIONS: Final = MappingProxyType({"emis-app-nhs-login": NHS_LOGIN, "emis-app-riverside": PARTNER})
TPP_PROVIDERS: Final = MappingProxyType({"tpp-provider-nhs-login": NHS_LOGIN, "tpp-provider-riverside": PARTNER})


@dataclass(frozen=True, slots=True)
class Systems:
    """One role's adapters to both GP systems."""

    emis: EmisWeb
    tpp: TppSystmOne

    def by_supplier(self) -> dict[str, EmisWeb | TppSystmOne]:
        """The adapters under their suppliers' names."""
        return {"emis": self.emis, "tpp": self.tpp}


def systems_of(role: str, emis: httpx2.AsyncClient, tpp: httpx2.AsyncClient, clocks: Clocks) -> Systems:
    """The adapters of NHS_LOGIN or PARTNER, on clients opened on the stand-ins' addresses."""
    application = next(name for name, lane in EMIS_APPLICATIONS.items() if lane == role)
    provider_id = next(name for name, lane in TPP_PROVIDERS.items() if lane == role)
    return Systems(
        EmisWeb(emis, application),
        TppSystmOne(
            tpp, Application(name="gpic", version="1.0", provider_id=provider_id, device_type="Web"), clock=clocks.wire
        ),
    )


def pds_of(fhir: httpx2.AsyncClient, token_url: str, key: SigningKey, clocks: Clocks) -> PdsClient:
    """NHS login as a client of PDS."""
    tokens = AccessTokens(fhir, token_url, PDS_API_KEY, lambda claims: sign(claims, key), clock=clocks.wire)
    return PdsClient(fhir, tokens, clock=clocks.world)


def mapping_of(world: World) -> str:
    """The world's practices in the shape of the public monthly practice mapping."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(("PRACTICE_CODE", "SUPPLIER_NAME", "PRACTICE_NAME"))
    lines.writerows((practice.code.code, practice.supplier, practice.name) for practice in world.practices.values())
    return text.getvalue()


def directory_of(world: World, clocks: Clocks) -> Directory:
    """A directory that follows what happens in the world."""
    directory = Directory.from_csv(mapping_of(world), clock=clocks.world)

    def follow(_: Happening) -> None:
        directory.reload(mapping_of(world))

    world.subscribe(follow)
    return directory

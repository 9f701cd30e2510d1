"""Who talks to which stand-in, and under which name."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import httpx2

from gpic.demographics.access import AccessTokens
from gpic.demographics.mns.feed import HttpFeed
from gpic.demographics.mns.subscriptions import Payload, Subscribed, Subscriptions
from gpic.demographics.pds.client import PdsClient
from gpic.gp_systems.directory import Directory, Place, Reloaded
from gpic.gp_systems.mapping import read
from gpic.gp_systems.plugs import Adapter, Line, Plug, needed_plug
from gpic.jose.keys import SigningKey
from gpic.jose.sign import sign
from gpic.nhs.clock import Clocks
from gpic.nhs.organisations import OdsCode
from gpic.simulators.happenings import System
from gpic.simulators.world import World

NHS_LOGIN: Final = "NHS login"
PARTNER: Final = "Partner"
SECOND_PARTNER: Final = "Second partner"
PDS_API_KEY: Final = "sandbox-nhs-login"
ODS_API_KEY: Final = "sandbox-nhs-login-ods"
#: NHS login's queue at MNS, and the events that it asks for.
QUEUE: Final = "nhs-login"
EVENTS: Final = ("pds-change-of-gp-2", "pds-death-notification-2", "nhs-number-change-2", "mns-test-signal-1")

#: Which application of which role a GP system sees, by the identifier that it is told.
EMIS_APPLICATIONS: Final = MappingProxyType(
    {"emis-app-nhs-login": NHS_LOGIN, "emis-app-riverside": PARTNER, "emis-app-hillside": SECOND_PARTNER}
)
TPP_PROVIDERS: Final = MappingProxyType(
    {"tpp-provider-nhs-login": NHS_LOGIN, "tpp-provider-riverside": PARTNER, "tpp-provider-hillside": SECOND_PARTNER}
)
MEDICUS_CLIENTS: Final = MappingProxyType(
    {"medicus-nhs-login": NHS_LOGIN, "medicus-riverside": PARTNER, "medicus-hillside": SECOND_PARTNER}
)
#: Everybody's at the Medicus stand-in; there is nothing behind it that a secret could protect.
MEDICUS_SECRET: Final = "sandbox-only-2051"  # noqa: S105 - printed for everybody who registers a service


@dataclass(frozen=True, slots=True)
class Systems:
    """One role's adapters to all GP systems."""

    adapters: Mapping[str, Adapter]

    def by_supplier(self) -> dict[str, Adapter]:
        """The adapters under their suppliers' names."""
        return dict(self.adapters)


def systems_of(
    role: str,
    emis: httpx2.AsyncClient,
    tpp: httpx2.AsyncClient,
    clocks: Clocks,
    *,
    medicus: httpx2.AsyncClient | None = None,
) -> Systems:
    """The adapters of NHS_LOGIN, PARTNER or SECOND_PARTNER, on clients opened on the stand-ins' addresses.

    They are plugged in as any supplier's are. Raises PlugUnfit.
    """
    clients = {"emis": emis, "tpp": tpp} | ({} if medicus is None else {"medicus": medicus})
    options = options_of(role)
    lines = {
        supplier: Line(supplier, client, str(client.base_url), options[supplier], clocks.wire)
        for supplier, client in clients.items()
    }
    return Systems({supplier: plugged(supplier)(line) for supplier, line in lines.items()})


@functools.cache
def plugged(supplier: str) -> Plug:
    """The supplier's plug; what is installed is read once, since each sandbox of a test session asks for it."""
    return needed_plug(supplier)


def options_of(role: str) -> Mapping[str, Mapping[str, str]]:
    """Who this role is to each supplier, in the words of its plug."""
    return {
        "emis": {"application_id": _identifier(EMIS_APPLICATIONS, role)},
        "tpp": {
            "application_name": "gpic",
            "application_version": "1.0",
            "provider_id": _identifier(TPP_PROVIDERS, role),
        },
        "medicus": {"client_id": _identifier(MEDICUS_CLIENTS, role), "client_secret": MEDICUS_SECRET},
    }


def options_for(client_id: str) -> Mapping[str, Mapping[str, str]]:
    """Who somebody's own service is to each supplier."""
    return {
        "emis": {"application_id": f"emis-app-{client_id}"},
        "tpp": {"application_name": "gpic", "application_version": "1.0", "provider_id": f"tpp-provider-{client_id}"},
        "medicus": {"client_id": f"medicus-{client_id}", "client_secret": MEDICUS_SECRET},
    }


def _identifier(roles: Mapping[str, str], role: str) -> str:
    return next(identifier for identifier, lane in roles.items() if lane == role)


def pds_of(fhir: httpx2.AsyncClient, token_url: str, key: SigningKey, clocks: Clocks) -> PdsClient:
    """NHS login as a client of PDS."""
    tokens = AccessTokens(fhir, token_url, PDS_API_KEY, lambda claims: sign(claims, key), clock=clocks.wire)
    return PdsClient(fhir, tokens, clock=clocks.world)


class MnsSilent(Exception):
    """The stand-in did not take a subscription."""


async def subscribe(mns: httpx2.AsyncClient, token_url: str, key: SigningKey, clocks: Clocks) -> None:
    """NHS login subscribes its queue to the events that it follows. *mns* is opened on the base address of MNS."""
    tokens = AccessTokens(mns, token_url, PDS_API_KEY, lambda claims: sign(claims, key), clock=clocks.wire)
    subscriptions = Subscriptions(mns, tokens)
    for event in EVENTS:
        answer = await subscriptions.subscribe(event, f"arn:aws:sqs:eu-west-2:123456789012:{QUEUE}", Payload.CLOUD_EVENTS)
        if not isinstance(answer, Subscribed):
            raise MnsSilent(event)


def feed_of(queues: httpx2.AsyncClient) -> HttpFeed:
    """NHS login's queue; *queues* is opened on the address of the stand-in."""
    return HttpFeed(queues, QUEUE)


def mapping_of(world: World) -> str:
    """The world's practices in the shape of the public monthly practice mapping, as the directory has heard of them by now."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(("PRACTICE_CODE", "SUPPLIER_NAME", "PRACTICE_NAME"))
    lines.writerows(world.mapping())
    return text.getvalue()


class WorldDirectory(Directory):
    """A directory that follows what happens in the world, each time that somebody looks into it."""

    def __init__(self, world: World, clocks: Clocks, tell: Callable[[Reloaded], None]) -> None:
        super().__init__(read(mapping_of(world)), clock=clocks.world)
        self._world = world
        self.tell = tell  #: called with whose system has changed
        self._taken = world.mapping()

    def place_of(self, practice: OdsCode) -> Place | None:
        """The practice's system as of now."""
        self.catch_up()
        return super().place_of(practice)

    def name_of(self, practice: OdsCode) -> str:
        """The practice's name as of now."""
        self.catch_up()
        return super().name_of(practice)

    def catch_up(self) -> None:
        """Take the world's mapping where it is another by now, and tell whose system has changed (N19)."""
        heard = self._world.mapping()
        if heard != self._taken:
            self._taken = heard
            if (reloaded := self.reload(mapping_of(self._world))).changed:
                self.tell(reloaded)


def directory_of(world: World, clocks: Clocks, tell: Callable[[Reloaded], None] = lambda _: None) -> WorldDirectory:
    """A directory that follows the world, and tells whose system has changed as soon as it has heard of it."""
    directory = WorldDirectory(world, clocks, tell)
    world.subscribe(lambda _: directory.catch_up(), System.DIRECTORY)
    return directory

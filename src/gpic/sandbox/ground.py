"""The ground that a sandbox stands on, whatever is played there: addresses, servers, certificates, lines between the roles."""

from __future__ import annotations

import contextlib
import ssl
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Final

from httpx2 import AsyncClient

from gpic.outbound import open_client
from gpic.provider.registration import Entry
from gpic.sandbox.authority import Papers, issue
from gpic.sandbox.doors import Door
from gpic.sandbox.lanes import EMIS_AS_CALLER
from gpic.sandbox.reach import Ways
from gpic.sandbox.script import Addresses, Script
from gpic.sandbox.servers import listen_in_a_row, serving

FHIR: Final = "/personal-demographics/FHIR/R4"
MNS: Final = "/multicast-notification-service"
#: What an act that ends still needs of itself: GP systems that NHS login calls read its keys before they answer.
SHOWN: Final = {"provider": frozenset({"/.well-known/jwks.json"})}


@dataclass(frozen=True, slots=True)
class Lines:
    """Clients opened on the roles' addresses, one for each."""

    emis: AsyncClient
    tpp: AsyncClient
    pds: AsyncClient
    medicus: AsyncClient
    mns: AsyncClient  #: its REST interface
    queues: AsyncClient
    emis_to_provider: AsyncClient


@dataclass(frozen=True, slots=True)
class Ground:
    """What stays while one act follows another."""

    script: Script
    folder: Path
    addresses: Addresses
    local: Addresses  #: where the roles listen, for our own stand-ins
    ways: Ways
    papers: Papers | None
    doors: Mapping[str, Door]
    lines: Lines
    visitors: dict[str, Entry] = field(default_factory=dict)  #: services registered while the sandbox runs, by client id

    def open_line(self, address: str, caller: str = "gpic") -> AsyncClient:
        """A client on *address*, by this sandbox's own ways."""
        return line(self.ways, address, caller)

    @property
    def names(self) -> dict[str, str]:
        """What somebody's own services are called, by client id."""
        guests = {one.table.client_id: one.table.name or one.table.client_id for one in self.script.services}
        return guests | {client_id: entry.name for client_id, entry in self.visitors.items()}


def line(ways: Ways, address: str, caller: str = "gpic") -> AsyncClient:
    """A client on *address*. By http nothing needs trusting, and the system's authorities need not be read."""
    tls = ways.tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return open_client(address, headers={"User-Agent": caller}, tls=tls, transport=ways.transport())


@contextlib.asynccontextmanager
async def ground(port: int, script: Script) -> AsyncIterator[Ground]:
    """Everything listens, and waits for what will be played. Raises PortTaken, CannotListen, ReachInvalid."""
    listening = listen_in_a_row(port, script.roles, script.reach.bind)
    async with contextlib.AsyncExitStack() as stack:
        for one in listening.values():
            stack.callback(one.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gpic-sandbox-", dir=script.folder)))
        papers = issue(folder, script.reach.hosts) if script.reach.tls else None
        public, local = _places(script, listening)
        ways = Ways.of(public, local, papers)
        doors = {role: Door(SHOWN.get(role, frozenset())) for role in script.roles}
        certificate, key = (papers.certificate, papers.key) if papers is not None else (None, None)
        callers = {"tpp": papers.authority} if papers is not None else {}
        lines = await _lines(stack, ways, Addresses(**local))
        await stack.enter_async_context(serving({**doors}, dict(listening), certificate, key, callers=callers))
        yield Ground(script, folder, Addresses(**public), Addresses(**local), ways, papers, doors, lines)


def _places(script: Script, listening: Mapping[str, socket]) -> tuple[dict[str, str], dict[str, str]]:
    """The addresses by which the roles are known, and by which they listen. Raises ReachInvalid."""
    ports = {role: one.getsockname()[1] for role, one in listening.items()}
    return script.reach.addresses(ports), script.reach.local(ports)


async def _lines(stack: contextlib.AsyncExitStack, ways: Ways, local: Addresses) -> Lines:
    async def opened(address: str, caller: str = "gpic") -> AsyncClient:
        return await stack.enter_async_context(line(ways, address, caller))

    return Lines(
        emis=await opened(local.emis),
        tpp=await opened(local.tpp),
        pds=await opened(local.pds + FHIR),
        medicus=await opened(local.medicus),
        mns=await opened(local.mns + MNS),
        queues=await opened(local.mns),
        emis_to_provider=await opened(local.provider, EMIS_AS_CALLER),
    )

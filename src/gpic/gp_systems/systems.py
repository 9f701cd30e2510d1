"""One application's lines to all suppliers: an adapter for every place, one bulkhead per supplier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from gpic.gp_systems.directory import Place
from gpic.gp_systems.plugs import Adapter, Line, Plug, needed_plug
from gpic.nhs.clock import Clock, SystemClock
from gpic.outbound import Bulkhead, bulkhead, open_client, trust


@dataclass(frozen=True, slots=True)
class Interface:
    """A supplier's interface as configuration describes it: where it is, our papers, and how much of us it gets."""

    address: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)  #: see the supplier's plug; secrets among them
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  #: for every request, such as a User-Agent
    authority: Path | None = None  #: PEM; the system's authorities by default
    certificate: Path | None = None  #: PEM; TPP wants one on every connection, EMIS may
    key: Path | None = None
    at_once: int = 20  #: questions under way
    in_line: int = 100  #: questions waiting for a place; more are turned away

    def bulkhead(self) -> Bulkhead:
        """The pool and its bulkhead; with our certificate where there is one."""
        ours = self.authority or self.certificate
        tls = trust(self.authority, self.certificate, self.key) if ours else None
        return bulkhead(at_once=self.at_once, in_line=self.in_line, tls=tls)


@dataclass(frozen=True, slots=True)
class _Plugged:
    interface: Interface
    plug: Plug
    bulkhead: httpx2.AsyncBaseTransport


class Systems:
    """The adapters of one application of ours, by place. What is not configured is not covered, and not imported."""

    def __init__(
        self,
        interfaces: Mapping[str, Interface],
        *,
        clock: Clock | None = None,
        transport_to: Callable[[Interface], httpx2.AsyncBaseTransport] = Interface.bulkhead,
    ) -> None:
        """Plug in every supplier of *interfaces* at its own address. Raises PlugUnfit."""
        self._clock = clock or SystemClock()
        self._clients = AsyncExitStack()
        self._plugged = {
            supplier: _Plugged(interface, needed_plug(supplier), transport_to(interface))
            for supplier, interface in interfaces.items()
        }
        # Made now, so that a mistake in the options stops the start and not a patient.
        self._adapters = {Place(supplier): self._open(Place(supplier)) for supplier in self._plugged}

    def at(self, place: Place) -> Adapter | None:
        """The adapter for this place, always the same one; None when the supplier is not covered."""
        if place.supplier not in self._plugged:
            return None
        if place not in self._adapters:
            self._adapters[place] = self._open(place)
        return self._adapters[place]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._clients.aclose()

    def _open(self, place: Place) -> Adapter:
        plugged = self._plugged[place.supplier]
        interface = plugged.interface
        address = place.address or interface.address
        client = open_client(address, transport=plugged.bulkhead, headers=interface.headers)
        self._clients.push_async_callback(client.aclose)
        return plugged.plug(Line(place.supplier, client, address, interface.options, self._clock))

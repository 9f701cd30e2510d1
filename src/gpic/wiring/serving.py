"""Applications at their addresses: how they begin, go out of service, and end."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from starlette.types import ASGIApp

from gpic.monitoring.health import Health
from gpic.settings import SettingsInvalid
from gpic.wiring.http_server import CannotListen, PortTaken, QuietServer, listen, server
from gpic.wiring.process_file import ListenTable


@dataclass(frozen=True, slots=True)
class Served:
    """One application at one address. It goes out of service before it ends, so that nobody is sent to a shut door."""

    server: QuietServer
    listening: socket.socket = field(repr=False)
    watch: Health
    leave_after: timedelta = timedelta(0)

    @property
    def address(self) -> str:
        """ADDRESS:PORT."""
        host, port = self.listening.getsockname()[:2]
        return f"{host}:{port}"

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until *stop*: say "not ready", after a while accept nothing more, and answer whatever is under way."""
        serving = asyncio.create_task(self.server.serve(sockets=[self.listening]), name="HTTP")
        ending = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
            self.watch.leaving.set()
            if not serving.done():
                await asyncio.sleep(self.leave_after.total_seconds())
            self.server.should_exit = True
            await serving
        finally:
            ending.cancel()


def served(app: ASGIApp, table: ListenTable, watch: Health) -> Served:
    """A server that is not yet running. Raises SettingsInvalid."""
    certificate, key = (Path(name) if name else None for name in (table.certificate, table.key))
    if certificate is not None and key is None:
        raise SettingsInvalid("listen.certificate needs listen.key, the file of its private key.")
    one = server(app, certificate, key, patience=table.patience.total_seconds())
    try:
        one.config.load()
    except OSError as mistake:
        raise SettingsInvalid(f"Certificate and key of [listen] cannot be used: {mistake.strerror or 'no PEM'}.") from None
    return Served(one, listening_at(table.address, table.port), watch, table.leave_after)


def served_beside(app: ASGIApp, address: str, watch: Health) -> Served:
    """A second door, such as for /metrics, at ADDRESS:PORT. Raises SettingsInvalid."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal()):
        raise SettingsInvalid(f"monitoring names an ADDRESS:PORT, and {address} is none.")
    return Served(server(app), listening_at(host, int(port)), watch)


def listening_at(address: str, port: int) -> socket.socket:
    """A listening socket. Raises SettingsInvalid."""
    try:
        return listen(port, address)
    except (PortTaken, CannotListen) as mistake:
        why = "something else has it" if isinstance(mistake, PortTaken) else "there is no such address here"
        raise SettingsInvalid(f"Nothing can listen on {address}:{port}: {why}.") from None

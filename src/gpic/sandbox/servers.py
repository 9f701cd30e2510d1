"""HTTP servers of all roles in one process, one loopback port each."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Final

import uvicorn
from starlette.types import ASGIApp

LOOPBACK: Final = "127.0.0.1"
PATIENCE: Final = 10.0  #: seconds in which a server must be up, and in which it may finish what it is doing


class PortTaken(Exception):
    """Something else listens there."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is taken; choose another first port with --port, or --port 0 for any free ones.")


def listen(port: int) -> socket.socket:
    """A listening socket on loopback, port 0 for any free one; raises PortTaken."""
    # Named TCP, or asyncio leaves Nagle's algorithm on for what it accepts, and every answer waits 40 ms for an ACK.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise PortTaken(port) from None
    return listening


def listen_in_a_row(first: int, names: tuple[str, ...]) -> dict[str, socket.socket]:
    """One listening socket a name, on consecutive ports from *first* (0: any free ones); raises PortTaken."""
    listening: dict[str, socket.socket] = {}
    try:
        for offset, name in enumerate(names):
            listening[name] = listen(first + offset if first else 0)
    except PortTaken:
        for opened in listening.values():
            opened.close()
        raise
    return listening


class QuietServer(uvicorn.Server):
    """A server that leaves signals to whoever runs the stage, and says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def server(app: ASGIApp) -> QuietServer:
    """A server for *app*: no access log (it would print queries), no Server header, no trust in forwarded headers."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=int(PATIENCE),
    )
    return QuietServer(config)


@contextlib.asynccontextmanager
async def serving(apps: dict[str, ASGIApp], listening: dict[str, socket.socket]) -> AsyncIterator[None]:
    """Serve each app on its socket while the block runs; the servers drain at the end."""
    servers = {name: server(app) for name, app in apps.items()}
    running = [asyncio.create_task(one.serve(sockets=[listening[name]]), name=name) for name, one in servers.items()]
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(one.up.wait() for one in servers.values()))
        yield
    finally:
        for one in servers.values():
            one.should_exit = True
        await asyncio.gather(*running, return_exceptions=True)

"""HTTP servers of all roles in one process, one loopback port each."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType

from starlette.types import ASGIApp

from gpic.wiring.http_server import LOOPBACK, PATIENCE, CannotListen, PortTaken, listen, server

__all__ = ["LOOPBACK", "CannotListen", "PortTaken", "listen", "listen_in_a_row", "server", "serving"]


def listen_in_a_row(first: int, names: tuple[str, ...], address: str = LOOPBACK) -> dict[str, socket.socket]:
    """One listening socket a name, on consecutive ports from *first* (0: any free ones); raises PortTaken, CannotListen."""
    listening: dict[str, socket.socket] = {}
    try:
        for offset, name in enumerate(names):
            listening[name] = listen(first + offset if first else 0, address)
    except (PortTaken, CannotListen):
        for opened in listening.values():
            opened.close()
        raise
    return listening


@contextlib.asynccontextmanager
async def serving(
    apps: dict[str, ASGIApp],
    listening: dict[str, socket.socket],
    certificate: Path | None = None,
    key: Path | None = None,
    *,
    callers: Mapping[str, Path] = MappingProxyType({}),
) -> AsyncIterator[None]:
    """Serve each app on its socket while the block runs, by https with a certificate; the servers drain at the end.

    *callers* names, for apps that want client certificates, the authority that must have signed them.
    """
    servers = {name: server(app, certificate, key, callers=callers.get(name)) for name, app in apps.items()}
    running = [asyncio.create_task(one.serve(sockets=[listening[name]]), name=name) for name, one in servers.items()]
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(one.up.wait() for one in servers.values()))
        yield
    finally:
        for one in servers.values():
            one.should_exit = True
        await asyncio.gather(*running, return_exceptions=True)

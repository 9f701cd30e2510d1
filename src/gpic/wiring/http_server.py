"""One HTTP server of ours: how it listens, what it never does, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LOOPBACK: Final = "127.0.0.1"
PATIENCE: Final = 10.0  #: seconds in which a server must be up, and in which it may finish what it is doing
#: Seconds that an idle connection is kept: longer than clients (5 s) and load balancers (60 s) keep theirs, so that the one
#: who hangs up is the one who would ask next. With equal times a request meets a connection that is just being closed.
KEPT: Final = 75


class PortTaken(Exception):
    """Something else listens there."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is taken; choose another first port with --port, or --port 0 for any free ones.")


class CannotListen(Exception):
    """There is no such address on this machine."""

    def __init__(self, address: str) -> None:
        super().__init__(f"Nothing can listen on {address} here; --bind takes an IPv4 address of this machine, or 0.0.0.0.")


def listen(port: int, address: str = LOOPBACK) -> socket.socket:
    """A listening socket, port 0 for any free one; raises PortTaken, CannotListen."""
    # Named TCP, or asyncio leaves Nagle's algorithm on for what it accepts, and every answer waits 40 ms for an ACK.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
        listening.listen(128)
    except (OSError, OverflowError) as failure:  # OverflowError: there is no port of that number
        listening.close()
        is_taken = isinstance(failure, OSError) and failure.errno in {errno.EADDRINUSE, errno.EACCES}
        raise (PortTaken(port) if is_taken else CannotListen(address)) from None
    return listening


class QuietServer(uvicorn.Server):
    """A server that leaves signals to whoever runs it, and says when it is up."""

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


class Curt(HttpToolsProtocol):
    """Ends idle connections at once: TLS would wait for a goodbye that a client who does not read never says."""

    def shutdown(self) -> None:
        """Called for every connection when the server ends."""
        super().shutdown()
        if self.transport.is_closing():
            self.transport.abort()


def server(
    app: ASGIApp,
    certificate: Path | None = None,
    key: Path | None = None,
    *,
    callers: Path | None = None,
    patience: float = PATIENCE,
) -> QuietServer:
    """A server for *app*: no access log (it would print queries), no Server header, no trust in forwarded headers.

    With *callers*, an authority's certificate, nobody gets through the handshake without a certificate of that authority.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_keep_alive=KEPT,
        timeout_graceful_shutdown=int(patience),
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_ca_certs=str(callers) if callers is not None else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if callers is not None else ssl.CERT_NONE,
        http=Curt if certificate is not None else "auto",
    )
    return QuietServer(config)

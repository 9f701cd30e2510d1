"""A wire between a client and a server that can be cut: what is under way breaks off, and whoever comes finds nobody."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field


@dataclass
class Wire:
    """Leads from a port of its own to *target* on the loopback interface. *passed* counts bytes on their way there."""

    target: int
    port: int = 0
    is_whole: bool = True
    passed: int = 0
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Nothing passes any more, in either direction, in the middle of whatever it is."""
        self.is_whole = False
        for end in tuple(self._ends):
            end.transport.abort()

    def mend(self) -> None:
        """Whoever comes from now on gets through."""
        self.is_whole = True

    async def lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from its beginning to its end."""
        if not self.is_whole:
            writer.transport.abort()
            return
        try:
            there, to_there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:  # nobody is there now either
            writer.transport.abort()
            return
        ends = {writer, to_there}
        self._ends |= ends
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass(reader, to_there, counted=True))
                both.create_task(self._pass(there, writer, counted=False))
        finally:
            self._ends -= ends
            for end in ends:
                end.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, counted: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await source.read(65_536):
                self.passed += len(chunk) if counted else 0
                to.write(chunk)
                await to.drain()
        with contextlib.suppress(OSError, RuntimeError):
            to.write_eof()


@contextlib.asynccontextmanager
async def wire_to(target: int) -> AsyncIterator[Wire]:
    """A wire to a port while the block runs."""
    wire = Wire(target)
    server = await asyncio.start_server(wire.lead, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        wire.cut()

"""A client that costs little: prepared requests over connections that stay open. It reads status and length, no more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

CONNECTIONS: Final = 16
END_OF_HEAD: Final = b"\r\n\r\n"
LENGTH: Final = b"\r\ncontent-length: "


class Unexpected(Exception):
    """The server answered something else than what is measured."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came."""

    status: int
    head: bytes
    body: bytes


class Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._came = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio asks."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker: TCP has no other
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits hears of it."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or ConnectionResetError())

    def data_received(self, data: bytes) -> None:
        """Answer once the whole body is there."""
        self._came += data
        end = self._came.find(END_OF_HEAD)
        if end < 0 or self._waiting is None:
            return
        head = bytes(self._came[:end])
        at = head.lower().find(LENGTH)
        length = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        start = end + len(END_OF_HEAD)
        if len(self._came) - start < length:
            return
        body = bytes(self._came[start : start + length])
        del self._came[: start + length]
        waiting, self._waiting = self._waiting, None
        waiting.set_result(Answer(int(head[9:12]), head, body))

    async def ask(self, request: bytes) -> Answer:
        """Send it and wait."""
        self._waiting = asyncio.get_running_loop().create_future()
        assert self._transport is not None  # noqa: S101 - a Line is made by create_connection
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def get(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A GET request."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode()


def post(path: str, body: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A form."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{kind}Content-Length: {len(body)}\r\n{lines}\r\n{body}".encode()


Check = Callable[[Answer], bool]


def is_status(status: int) -> Check:
    """An answer of this status is what is measured."""
    return lambda answer: answer.status == status


@dataclass(slots=True)
class Load:
    """Drives one address. *requests* are used up one by one, so that none that is good once is sent twice."""

    address: str
    requests: Iterator[bytes]
    check: Check = field(default_factory=lambda: is_status(200))
    connections: int = CONNECTIONS

    async def per_second(self, how_many: int) -> float:
        """Closed loop: every connection asks again as soon as it is answered."""
        lines = await self._lines()
        left = iter(range(how_many))
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for line in lines:
                group.create_task(self._ask(line, left))
        took = time.perf_counter() - began
        self._hang_up(lines)
        return how_many / took

    async def latencies(self, rate: float, how_many: int) -> list[float]:
        """Open loop: a request each 1/rate seconds, whoever still waits; seconds from when it was due, sorted."""
        lines = await self._lines()
        due: asyncio.Queue[float] = asyncio.Queue()
        taken: list[float] = []
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pace(due, rate, how_many))
            for line in lines:
                group.create_task(self._serve(line, due, taken))
        self._hang_up(lines)
        return sorted(taken)

    async def _ask(self, line: Line, left: Iterator[int]) -> None:
        for _ in left:
            await self._one(line)

    async def _one(self, line: Line) -> None:
        answer = await line.ask(next(self.requests))
        if not self.check(answer):
            raise Unexpected(f"{answer.status}: {answer.body[:200]!r}")

    async def _pace(self, due: asyncio.Queue[float], rate: float, how_many: int) -> None:
        began = time.perf_counter()
        for number in range(how_many):
            moment = began + number / rate
            while (wait := moment - time.perf_counter()) > 0:  # noqa: ASYNC110 - a moment, not an event
                await asyncio.sleep(wait if wait > 0.001 else 0)  # noqa: PLR2004 - finer than a loop sleeps
            due.put_nowait(moment)
        for _ in range(self.connections):
            due.put_nowait(-1.0)  # nobody waits any more

    async def _serve(self, line: Line, due: asyncio.Queue[float], taken: list[float]) -> None:
        while (moment := await due.get()) >= 0:
            await self._one(line)
            taken.append(time.perf_counter() - moment)

    async def _lines(self) -> list[Line]:
        parts = urlsplit(self.address)
        host, port = parts.hostname or "localhost", parts.port or 80
        loop = asyncio.get_running_loop()
        made = [await loop.create_connection(Line, host, port) for _ in range(self.connections)]
        return [line for _, line in made]

    @staticmethod
    def _hang_up(lines: list[Line]) -> None:
        for line in lines:
            line.close()

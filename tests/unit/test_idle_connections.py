"""Who hangs up first: our servers after their clients, our clients before their servers."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gpic.outbound import IDLE, Reply, ask, open_client
from gpic.wiring.http_server import LOOPBACK, listen, server

pytestmark = [pytest.mark.anyio, pytest.mark.long]

#: Seconds after which clients drop an idle connection (httpx, Node's agent), and servers (uvicorn, Node, Apache) by default.
USUAL: Final = 5
ASKED: Final = b"GET / HTTP/1.1\r\nHost: gp.test\r\n\r\n"


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[int]:
    """One of our servers, that says hello; its port."""
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("hello"))])
    listening = listen(0)
    running = server(app)
    task = asyncio.create_task(running.serve([listening]))
    await running.up.wait()
    try:
        yield listening.getsockname()[1]
    finally:
        running.should_exit = True
        await task


async def test_a_server_of_ours_keeps_an_idle_connection_for_longer_than_its_clients_do() -> None:
    """One that is closed as the next request comes loses a code, or a rotated refresh token."""
    async with served() as port:
        incoming, outgoing = await asyncio.open_connection(LOOPBACK, port)
        for pause in (0, USUAL + 1):
            await asyncio.sleep(pause)
            outgoing.write(ASKED)
            assert b"200 OK" in await incoming.readuntil(b"hello")
        outgoing.close()
        await outgoing.wait_closed()


async def test_an_idle_connection_does_not_hold_up_the_end() -> None:
    """However long it would have been kept."""
    async with served() as port:
        incoming, outgoing = await asyncio.open_connection(LOOPBACK, port)
        outgoing.write(ASKED)
        await incoming.readuntil(b"hello")
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < USUAL
    assert b"" == await incoming.read()
    outgoing.close()


async def test_a_client_of_ours_does_not_use_a_connection_that_a_server_is_about_to_close() -> None:
    """Asked again at once it is the same connection; after a while, another."""
    used = []

    async def answer(incoming: asyncio.StreamReader, outgoing: asyncio.StreamWriter) -> None:
        used.append(outgoing)
        with contextlib.suppress(asyncio.IncompleteReadError):
            while await incoming.readuntil(b"\r\n\r\n"):
                outgoing.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        outgoing.close()

    listening = await asyncio.start_server(answer, LOOPBACK, 0)
    async with listening, open_client(f"http://{LOOPBACK}:{listening.sockets[0].getsockname()[1]}") as client:
        counted = []
        for pause in (0, 0, IDLE + 0.5):
            await asyncio.sleep(pause)
            assert isinstance(await ask(client, client.build_request("GET", "/")), Reply)
            counted.append(len(used))
    assert [1, 1, 2] == counted
    assert IDLE < USUAL

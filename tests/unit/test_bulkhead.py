"""The bulkhead: a slow supplier holds up its own callers, and those not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from gpic.nhs.answers import Silence, Unreachable
from gpic.outbound import FULL_PAUSE, Bulkhead, Reply, Timeouts, ask, bulkhead, open_client

pytestmark = pytest.mark.anyio

SHORT = Timeouts(queue=timedelta(seconds=0.1))


class Slow(httpx2.AsyncBaseTransport):
    """A supplier that answers everybody at once when it is told to, and remembers how many were with it."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.inside = 0
        self.most = 0
        self.closed = False
        self.trouble: Exception | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """An empty answer."""
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.release.wait()
        finally:
            self.inside -= 1
        if self.trouble:
            raise self.trouble
        return httpx2.Response(204)

    async def aclose(self) -> None:
        """Remember it."""
        self.closed = True


def client_of(shared: Bulkhead, timeouts: Timeouts = SHORT) -> httpx2.AsyncClient:
    """A client over this bulkhead."""
    return open_client("https://gp.test", transport=shared, timeouts=timeouts)


def knock(client: httpx2.AsyncClient) -> asyncio.Task[Reply | Silence]:
    """One question, under way."""
    return asyncio.create_task(ask(client, client.build_request("GET", "x")))


def turned_away(answer: object) -> bool:
    """Whether the bulkhead was full, and said when to come back."""
    return Unreachable(FULL_PAUSE) == answer and "bulkhead-full" == getattr(answer, "detail", "")


async def test_at_most_so_many_are_with_a_supplier_at_once() -> None:
    """The others wait in line and are answered in their turn."""
    slow = Slow()
    client = client_of(Bulkhead(slow, at_once=2, in_line=3))
    questions = [knock(client) for _ in range(5)]
    await asyncio.sleep(0.01)
    slow.release.set()

    assert [204] * 5 == [answer.status for answer in await asyncio.gather(*questions) if isinstance(answer, Reply)]
    assert 2 == slow.most


async def test_a_full_line_turns_callers_away_at_once() -> None:
    """N12: it is Unreachable and says when to come back; nobody waits without bound, and nothing was asked."""
    slow = Slow()
    client = client_of(Bulkhead(slow, at_once=1, in_line=1), Timeouts())
    first, second = knock(client), knock(client)
    await asyncio.sleep(0.01)

    assert turned_away(await asyncio.wait_for(knock(client), 0.5))
    slow.release.set()
    assert isinstance(await first, Reply)
    assert isinstance(await second, Reply)


async def test_a_place_that_does_not_become_free_is_not_waited_for_longer() -> None:
    """The line's own deadline is shorter than that of the answer; who leaves makes room."""
    slow = Slow()
    client = client_of(Bulkhead(slow, at_once=1, in_line=1))
    first = knock(client)
    await asyncio.sleep(0.01)

    assert [True, True] == [turned_away(await knock(client)) for _ in range(2)]
    slow.release.set()
    assert isinstance(await first, Reply)
    assert isinstance(await knock(client), Reply)


@pytest.mark.parametrize("trouble", [None, httpx2.ReadError("gone")])
async def test_whatever_happens_to_a_question_its_place_becomes_free(trouble: Exception | None) -> None:
    """Answered, broken off, cancelled in line or under way: afterwards there is room again."""
    slow = Slow()
    client = client_of(Bulkhead(slow, at_once=1, in_line=1))
    under_way, in_line = knock(client), knock(client)
    await asyncio.sleep(0.01)
    for question in (in_line, under_way):
        question.cancel()
    await asyncio.gather(under_way, in_line, return_exceptions=True)
    slow.trouble = trouble
    slow.release.set()

    for _ in range(3):
        assert (Reply if trouble is None else Unreachable) is type(await knock(client))
    slow.trouble = None
    assert [Reply, Reply] == [type(answer) for answer in await asyncio.gather(knock(client), knock(client))]


async def test_a_place_is_held_until_the_body_is_read_or_left() -> None:
    """A body that drips is still a question under way; to close it twice gives up one place."""

    class Body(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"x"

    shared = Bulkhead(httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Body())), at_once=1, in_line=0)
    client = client_of(shared)
    response = await client.send(client.build_request("GET", "x"), stream=True)

    assert turned_away(await knock(client))
    for _ in range(2):
        await response.aclose()
    assert b"x" == getattr(await knock(client), "body", None)
    open_again = await client.send(client.build_request("GET", "x"), stream=True)
    assert turned_away(await knock(client))
    await open_again.aclose()


async def test_two_addresses_of_a_supplier_share_its_bulkhead() -> None:
    """One bulkhead per supplier, however many tenants it has; another supplier's callers notice nothing."""
    slow, quick = Slow(), Slow()
    quick.release.set()
    shared = Bulkhead(slow, at_once=1, in_line=0)
    one, two, other = client_of(shared), client_of(shared), client_of(Bulkhead(quick, at_once=1, in_line=0))
    first = knock(one)
    await asyncio.sleep(0.01)

    assert turned_away(await knock(two))
    assert isinstance(await knock(other), Reply)
    slow.release.set()
    await first


async def test_closing_a_client_closes_its_connections() -> None:
    """Nothing stays open behind a bulkhead."""
    slow = Slow()
    async with client_of(Bulkhead(slow)):
        pass

    assert slow.closed


async def test_a_supplier_over_the_wire_gets_no_more_than_its_share() -> None:
    """The same with real connections, whose number is the bulkhead's."""
    release = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, open_client(address, transport=bulkhead(at_once=1, in_line=1), timeouts=SHORT) as client:
        first = knock(client)
        await asyncio.sleep(0.05)

        assert turned_away(await knock(client))
        release.set()
        assert isinstance(await first, Reply)

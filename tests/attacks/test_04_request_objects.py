"""Attack 4: the request by another way, or from an address that the provider would fetch.

Without this in `src/gpic/provider/authorize/checks.py`:
    - request_object_is_absent,
"""

from __future__ import annotations

import asyncio

import pytest

from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio


async def test_a_request_object_is_refused(scene: Scene) -> None:
    """request_not_supported, and its own error: a client must not think that it was read."""
    before = await scene.trail()
    answer = await scene.op.authorize(request="eyJhbGciOiJub25lIn0.e30.", prompt="none")

    assert "request_not_supported" == answer.error
    assert scene.log.says("sent back", code="request_not_supported")
    assert before == await scene.trail()


async def test_a_request_uri_is_refused_and_never_fetched(scene: Scene) -> None:
    """Nobody comes to the address."""
    came = asyncio.Event()

    async def visited(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        writer.close()

    async with await asyncio.start_server(visited, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        answer = await scene.op.authorize(request_uri=f"http://127.0.0.1:{port}/request.jwt", prompt="none")

    assert "request_uri_not_supported" == answer.error
    assert scene.log.says("sent back", code="request_uri_not_supported")
    assert not came.is_set()

"""The provider and the control API, called as their schemas allow and as they do not: never a 500, never a hang.

A short slice of what `./go fuzz` does for ten minutes.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx2
import pytest

from gpic.sandbox.control.app import Control, control
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.script import Script
from gpic.sandbox.theatre import theatre
from tests.fuzz.doors import Door, ServerError, control_door, operations
from tests.fuzz.provider_openapi import DOCUMENT

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
async def running(anyio_backend: str) -> AsyncIterator[Control]:
    """A whole sandbox with its control API, in this process."""
    async with theatre(script=Script(keys=SandboxKeys(), control=True)) as sandbox, control(sandbox, "a-token") as at:
        yield at


@pytest.fixture
def at_control(running: Control) -> Door:
    """The control API, with its token."""
    return control_door(running.address, running.token)


@pytest.fixture
def at_provider(running: Control) -> Door:
    """The provider."""
    return Door(running.desk.stage.addresses.provider, DOCUMENT, {})


async def called(door: Door, count: int) -> Counter[int]:
    """The statuses of so many calls of every operation; the same calls each time."""
    statuses = Counter[int]()
    for _, tried in operations(door):
        statuses += await asyncio.to_thread(tried, count, None)
    return statuses


async def test_no_call_breaks_the_provider(at_provider: Door) -> None:
    """Every operation, a few good calls and a few bad ones; some come far enough to be answered."""
    statuses = await called(at_provider, 6)

    assert statuses[200]
    assert statuses[400]


async def test_no_call_breaks_the_control_api(at_control: Door) -> None:
    """Every operation but those that wait; the token is shown, so that what is called is called."""
    statuses = await called(at_control, 2)

    assert statuses[200] > statuses[401]
    assert statuses[400] + statuses[404]


async def test_a_lag_for_all_time_is_refused(at_control: Door) -> None:
    """Found by `./go fuzz`: a number that no calendar holds is no lag."""
    async with httpx2.AsyncClient(base_url=at_control.address, headers=at_control.headers, trust_env=False) as http:
        answers = [await http.put("/api/lags", json={"pds": seconds}) for seconds in (1e300, 1e12, 366 * 86_401)]

    assert [400] * 3 == [answer.status_code for answer in answers]


async def test_a_door_that_fails_is_told() -> None:
    """Or the tests above would show nothing."""

    async def failing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 500 x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(failing, "127.0.0.1", 0) as server:
        broken = Door(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", DOCUMENT, {})
        tried = dict(operations(broken))["GET /.well-known/jwks.json"]
        with pytest.raises(ServerError, match="500"):
            await asyncio.to_thread(tried, 2, None)

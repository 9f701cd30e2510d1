"""Attack 23: a provider that is made to fetch an address of the attacker's (SSRF).

Keys are registered by hand and never fetched; an entry that names an address is refused as a whole.

Without this in `src/gpic/provider/registration.py`:
    - class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    + class Entry(msgspec.Struct, frozen=True, kw_only=True):
Without this in `src/gpic/outbound.py`:
    - follow_redirects=False,
    + follow_redirects=True,
Without this in `src/gpic/outbound.py`:
    - if len(body) > LARGEST_BODY:
    + if False:
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest

from gpic.nhs.answers import Unexpected
from gpic.outbound import LARGEST_BODY, Reply, ask, open_client
from gpic.provider.registration import Entry

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def listening(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Somebody's server, where it is, and who came."""
    came: list[bytes] = []

    async def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.readline())
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(visited, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", came


@pytest.mark.parametrize("name", ["jwks_uri", "logo_uri", "sector_identifier_uri", "request_uris", "policy_uri"])
def test_no_address_in_a_registration_is_taken(name: str) -> None:
    """The operator reads one sentence; nothing is fetched, now or later."""
    entry = {"client_id": "partner", "name": "P", "redirect_uris": ["https://p.example/c"], "scopes": ["openid"]}

    with pytest.raises(msgspec.ValidationError, match=f"unknown field `{name}`"):
        msgspec.convert(entry | {name: "http://169.254.169.254/latest"}, Entry)


async def test_no_redirect_is_followed() -> None:
    """A supplier's or provider's answer leads nowhere else."""
    async with listening(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi") as (inner, came):
        redirect = f"HTTP/1.1 302 Found\r\nlocation: {inner}/secret\r\ncontent-length: 0\r\n\r\n"
        async with listening(redirect.encode()) as (outer, _), open_client(outer) as client:
            answer = await ask(client, client.build_request("GET", "/"))

    assert isinstance(answer, Reply)
    assert (302, []) == (answer.status, came)


async def test_no_answer_is_read_without_end() -> None:
    """One MiB, and then it is told as what nobody can use."""
    endless = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + b"x" * (LARGEST_BODY + 1)
    async with listening(endless) as (address, _), open_client(address) as client:
        answer = await ask(client, client.build_request("GET", "/"))

    assert Unexpected("body-too-large") == answer

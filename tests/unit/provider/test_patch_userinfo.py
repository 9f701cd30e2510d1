"""PATCH /userinfo as a partner sends it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette

from gpic.provider.endpoints import routes
from tests.unit.provider.world import World

pytestmark = pytest.mark.anyio

GOOD = b'{"client_user_metadata": "a text"}'
JSON = {"content-type": "application/json"}


@pytest.fixture
def sharing(world: World) -> World:
    """Alice shares everything with the partner."""
    world.let_alice_share()
    return world


@pytest.fixture
async def partner(sharing: World) -> AsyncIterator[httpx2.AsyncClient]:
    """The partner's server, with a good access token in its header."""
    access = (await sharing.redeemed(scopes=frozenset({"openid", "client_metadata"}))).access_token
    transport = httpx2.ASGITransport(Starlette(routes=list(routes(sharing.provider))))
    headers = {"authorization": f"Bearer {access}"}
    async with httpx2.AsyncClient(transport=transport, base_url=sharing.policy.issuer, headers=headers) as client:
        yield client


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_a_patch_is_answered_with_nothing(sharing: World, partner: httpx2.AsyncClient, content_type: str) -> None:
    """§5: 204, never kept; the next GET gives the claim."""
    answer = await partner.patch("/userinfo", content=GOOD, headers={"content-type": content_type})

    assert (204, b"") == (answer.status_code, answer.content)
    assert ("no-store", "no-cache") == (answer.headers["cache-control"], answer.headers["pragma"])
    assert "a text" == (await partner.get("/userinfo")).json()["client_user_metadata"]


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (GOOD, "application/x-www-form-urlencoded"),
        (GOOD, "text/plain"),
        (GOOD, ""),
        (b"", "application/json"),
        (b"client_user_metadata=a", "application/json"),
        (b'{"client_user_metadata": "' + b"a" * 1025 + b'"}', "application/json"),
        (b'{"client_user_metadata": "' + b"a" * 70_000 + b'"}', "application/json"),
    ],
    ids=lambda value: str(value[:50]),
)
async def test_what_is_not_that_json_is_refused(
    sharing: World, partner: httpx2.AsyncClient, content: bytes, content_type: str
) -> None:
    """§5: 400 with invalid_request in JSON and in the challenge; nothing is kept."""
    answer = await partner.patch("/userinfo", content=content, headers={"content-type": content_type})

    assert (400, "invalid_request") == (answer.status_code, answer.json()["error"])
    assert 'error="invalid_request"' in answer.headers["www-authenticate"]
    assert {} == sharing.client_metadata.texts


async def test_a_token_elsewhere_is_refused(sharing: World, partner: httpx2.AsyncClient) -> None:
    """Attacks 24: in the query, beside the header or instead of it."""
    access = partner.headers["authorization"].partition(" ")[2]
    bare = {"authorization": ""}
    answers = [
        await partner.patch("/userinfo", params={"access_token": access}, content=GOOD, headers=JSON),
        await partner.patch("/userinfo", params={"access_token": access}, content=GOOD, headers=JSON | bare),
    ]

    assert [(400, "invalid_request")] * 2 == [(answer.status_code, answer.json()["error"]) for answer in answers]
    assert {} == sharing.client_metadata.texts


async def test_without_a_token_nothing_is_read(sharing: World, partner: httpx2.AsyncClient) -> None:
    """§5: 401, whatever the body says."""
    bad = JSON | {"authorization": "Bearer nonsense"}
    answer = await partner.patch("/userinfo", content=b"nonsense", headers=bad)

    assert (401, "invalid_token") == (answer.status_code, answer.json()["error"])
    assert 401 == (await partner.patch("/userinfo", content=GOOD, headers=JSON | {"authorization": ""})).status_code


async def test_a_token_without_the_scope_is_forbidden(sharing: World, partner: httpx2.AsyncClient) -> None:
    """§5: 403 and which scope is missing."""
    access = (await sharing.redeemed(scopes=frozenset({"openid"}))).access_token

    answer = await partner.patch("/userinfo", content=GOOD, headers=JSON | {"authorization": f"Bearer {access}"})

    expected = {"error": "insufficient_scope", "error_description": "The access token lacks the scope client_metadata"}
    assert (403, expected) == (answer.status_code, answer.json())
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


async def test_what_is_kept_stays_out_of_the_log(
    sharing: World, partner: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Attacks 29: opaque texts may be anything."""
    with caplog.at_level("DEBUG"):
        await partner.patch("/userinfo", content=b'{"client_user_metadata": "unmistakable"}', headers=JSON)
        await partner.patch("/userinfo", content=b'{"client_user_metadata": "unmistakable", "x": 1}', headers=JSON)

    assert "unmistakable" not in "".join(str(vars(record)) for record in caplog.records)

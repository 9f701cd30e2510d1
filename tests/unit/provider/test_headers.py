"""Every answer carries what belongs on it, whoever made it (`attacks-and-interop.md` 7, 8, 25, 27, 28)."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from gpic.jose.assertions import ASSERTION_TYPE
from gpic.jose.keys import SigningKey
from gpic.provider.endpoints import Guarded, routes
from gpic.provider.headers import keeping, security
from gpic.provider.policy import ProviderPolicy
from tests.unit.provider.world import ISSUER, World, raw

pytestmark = pytest.mark.anyio

BELONGING = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}


async def frank(_request: Request) -> Response:
    """An answer that nobody thought of headers for."""
    return PlainTextResponse("x")


async def careful(_request: Request) -> Response:
    """An answer that knows better."""
    return PlainTextResponse("x", headers={"cache-control": "private", "content-security-policy": "default-src 'self'"})


@pytest.fixture
async def client(world: World, tmp_path: Path, anyio_backend: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser at everything that a provider serves."""
    (tmp_path / "style.css").write_text("a{}")
    app = Starlette(
        routes=[
            *routes(world.provider),
            Route("/frank", frank),
            Route("/careful", careful),
            Mount("/assets", StaticFiles(directory=tmp_path)),
        ],
        middleware=[Middleware(Guarded, world.policy)],
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=ISSUER) as browser:
        yield browser


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/authorize", 400),
        ("GET", "/authorize/unknown", 410),
        ("POST", "/token", 400),
        ("GET", "/token", 405),
        ("GET", "/userinfo", 401),
        ("GET", "/.well-known/openid-configuration", 200),
        ("POST", "/.well-known/openid-configuration", 405),
        ("GET", "/.well-known/jwks.json", 200),
        ("GET", "/trustmark/auth.example", 200),
        ("GET", "/trustmark/other.example", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/assets/style.css", 200),
        ("GET", "/assets/nothing.css", 404),
        ("GET", "/frank", 200),
        ("OPTIONS", "/authorize", 405),
    ],
)
async def test_every_answer_is_guarded(client: httpx2.AsyncClient, method: str, path: str, status: int) -> None:
    """Attacks 7, 8: refusals, assets, 404 and 405 as well."""
    answer = await client.request(method, path)

    assert status == answer.status_code
    assert BELONGING == {name: answer.headers.get(name) for name in BELONGING}
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "cache-control" in answer.headers


@pytest.mark.parametrize(
    ("path", "status", "kept"),
    [
        ("/assets/style.css", 200, "public, max-age=3600"),
        ("/assets/style.css", 206, "public, max-age=3600"),
        ("/assets/style.css", 304, "public, max-age=3600"),
        ("/assets/style.css", 404, "no-store"),
        ("/assets", 200, "no-store"),
        ("/other/assets/style.css", 200, "no-store"),
        ("/", 200, "no-store"),
    ],
)
def test_only_assets_that_were_found_are_kept(path: str, status: int, kept: str) -> None:
    """Attacks 8: whatever does not say otherwise is never kept."""
    assert kept == keeping(path, status)["Cache-Control"]


async def test_an_answer_that_knows_better_keeps_its_own(client: httpx2.AsyncClient) -> None:
    """Pages have a nonce and a form target."""
    answer = await client.get("/careful")

    assert ("private", "default-src 'self'") == (answer.headers["cache-control"], answer.headers["content-security-policy"])
    assert "pragma" not in answer.headers


def test_only_https_promises_https() -> None:
    """HSTS on a loopback sandbox would lock people out of other things on localhost."""
    assert "Strict-Transport-Security" in security(ProviderPolicy(ISSUER))
    assert "Strict-Transport-Security" not in security(ProviderPolicy("http://localhost:9000"))


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/.well-known/jwks.json", "/trustmark/auth.example"])
async def test_what_is_public_lies_open(client: httpx2.AsyncClient, path: str) -> None:
    """Attacks 28: for scripts of any site, and for five minutes."""
    answer = await client.get(path, headers={"origin": "https://elsewhere.example"})

    assert ("*", "public, max-age=300") == (
        answer.headers["access-control-allow-origin"],
        answer.headers["cache-control"],
    )


@pytest.mark.parametrize("path", ["/authorize", "/token", "/userinfo", "/frank", "/nowhere", "/assets/style.css"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_nothing_else_is_open_to_scripts(client: httpx2.AsyncClient, method: str, path: str) -> None:
    """Attacks 28: no CORS, not even on refusals and preflights."""
    headers = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}

    answer = await client.request(method, path, headers=headers)

    assert [] == [name for name in answer.headers if name.startswith("access-control")]


FORWARDED = {
    "host": "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "http",
    "x-forwarded-prefix": "/evil",
    "forwarded": "host=evil.example;proto=http",
}


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/trustmark/auth.example"]
)
async def test_nobody_but_the_configuration_decides_the_issuer(client: httpx2.AsyncClient, path: str) -> None:
    """Attacks 27: Host and X-Forwarded-* are not looked at."""
    plain, forged = await client.get(path), await client.get(path, headers=FORWARDED)

    assert plain.content == forged.content
    assert "evil" not in forged.text


async def test_nor_the_way_to_the_pages(client: httpx2.AsyncClient) -> None:
    """Attacks 27: redirects within are relative, so that they work behind any tunnel."""
    answer = await client.get("/authorize", params=dict(raw()), headers=FORWARDED)

    assert answer.headers["location"].startswith("/interaction/")
    assert "Secure" in answer.headers["set-cookie"]


STRANGER = SigningKey.generate()


async def test_an_invalid_client_learns_nothing_and_the_log_everything(
    world: World, client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Attacks 25: one answer outward, byte for byte; a reason of its own in the log for each cause."""
    spent = world.assertion()
    await client.post("/token", data=dict(world.form(client_assertion=spent)))
    wrong: dict[str, dict[str, str | None]] = {
        "client_assertion_type is missing": {"client_assertion_type": None},
        "TokenMalformed": {"client_assertion": "nonsense"},
        "the client is unknown": {"client_assertion": world.assertion(client_id="nobody")},
        "client_id differs from iss": {"client_id": "other"},
        "AudienceWrong": {"client_assertion": world.assertion(audience="https://elsewhere.example/token")},
        "the assertion was used before": {"client_assertion": spent},
    }
    world.key, own = STRANGER, world.key
    wrong["SignatureWrong"] = {"client_assertion": world.assertion()}
    world.key = own
    caplog.clear()

    with caplog.at_level(logging.WARNING, logger="gpic.provider"):
        answers = [await client.post("/token", data=dict(world.form(**changes))) for changes in wrong.values()]

    assert {(400, answers[0].content)} == {(answer.status_code, answer.content) for answer in answers}
    assert {"error": "invalid_client", "error_description": "Client authentication failed"} == answers[0].json()
    told = [vars(record)["detail"] for record in caplog.records]
    assert [True] * len(wrong) == [detail.startswith(reason) for reason, detail in zip(wrong, told, strict=True)], told
    assert ASSERTION_TYPE not in str(told)

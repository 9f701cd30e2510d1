"""The one file that speaks HTTP: statuses, headers, cookies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from starlette.applications import Starlette

from gpic.provider.cookies import Cookies
from gpic.provider.endpoints import routes
from gpic.provider.policy import ProviderPolicy
from tests.unit.provider.world import ALICE, BROWSER, CALLBACK, ISSUER, World, raw

pytestmark = pytest.mark.anyio

COOKIES = Cookies.of(ProviderPolicy(ISSUER))
SECURITY = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
NEVER_KEPT = {"cache-control": "no-store", "pragma": "no-cache"}
FORM = "application/x-www-form-urlencoded"


@asynccontextmanager
async def browser_at(world: World, *, session: str = "", browser: str = "") -> AsyncIterator[httpx2.AsyncClient]:
    """A browser, or a partner's server, with these cookies; it follows no redirect."""
    given = {COOKIES.session: session, COOKIES.browser: browser}
    cookies = {name: value for name, value in given.items() if value}
    transport = httpx2.ASGITransport(Starlette(routes=list(routes(world.provider))))
    async with httpx2.AsyncClient(transport=transport, base_url=world.policy.issuer, cookies=cookies) as client:
        yield client


def assert_headers(response: httpx2.Response, *expected: dict[str, str]) -> None:
    """These headers are there with these values."""
    wanted = {name: value for one in expected for name, value in one.items()}
    assert wanted == {name: response.headers.get(name) for name in wanted}


@pytest.fixture
def ready(world: World) -> World:
    """Alice is signed in and shares everything."""
    world.sign_alice_in()
    world.let_alice_share()
    return world


async def test_single_sign_on_goes_straight_back(ready: World) -> None:
    """303 with the code, never kept, no referrer, no cookie set."""
    async with browser_at(ready, session="session", browser=BROWSER.replace(" ", "-")) as client:
        response = await client.get("/authorize", params=dict(raw()))

    assert 303 == response.status_code
    assert response.headers["location"].startswith(f"{CALLBACK}?code=")
    assert "set-cookie" not in response.headers
    assert_headers(response, SECURITY, NEVER_KEPT)


async def test_a_stranger_is_led_to_a_page_that_is_his(world: World) -> None:
    """Attacks 2, 6: a handle in the path and a cookie that binds it."""
    async with browser_at(world) as client:
        response = await client.get("/authorize", params=dict(raw()))

    (interaction_id,) = world.interactions.kept
    assert (303, f"/interaction/{interaction_id}") == (response.status_code, response.headers["location"])
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIES.browser}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} == set(cookie.split("; ")[1:])
    value = cookie.partition("=")[2].partition(";")[0]
    assert interaction_id == (await world.authorize.waiting(interaction_id, value)).id
    assert_headers(response, SECURITY, NEVER_KEPT)


async def test_a_browser_keeps_its_cookie(world: World) -> None:
    """Two tabs share it."""
    async with browser_at(world, browser="my-browser") as client:
        response = await client.get("/authorize", params=dict(raw()))

    (interaction_id,) = world.interactions.kept
    assert "set-cookie" not in response.headers
    assert interaction_id == (await world.authorize.waiting(interaction_id, "my-browser")).id


async def test_an_endless_cookie_is_no_cookie(world: World) -> None:
    """It is replaced by one of ours."""
    async with browser_at(world, browser="x" * 129) as client:
        response = await client.get("/authorize", params=dict(raw()))

    assert "set-cookie" in response.headers


async def test_a_form_of_another_site_comes_back_with_its_cookies(ready: World) -> None:
    """Attacks 6: POST without cookies, 303, then single sign-on."""
    async with browser_at(ready) as elsewhere:
        posted = await elsewhere.post("/authorize", data=dict(raw()))
    assert 303 == posted.status_code
    assert posted.headers["location"].startswith("/authorize/text-")
    assert "set-cookie" not in posted.headers

    async with browser_at(ready, session="session", browser="my-browser") as client:
        response = await client.get(posted.headers["location"])

    assert response.headers["location"].startswith(f"{CALLBACK}?code=")


async def test_a_kept_form_of_a_stranger_becomes_an_interaction(world: World) -> None:
    """The browser that takes it up gets the binding cookie."""
    async with browser_at(world) as client:
        posted = await client.post("/authorize", data=dict(raw()))
        response = await client.get(posted.headers["location"])
        again = await client.get(posted.headers["location"])

    assert posted.headers["location"].replace("/authorize", "/interaction") == response.headers["location"]
    assert "set-cookie" in response.headers
    assert 410 == again.status_code


async def test_a_refused_form_goes_back_to_the_partner(world: World) -> None:
    """As a refused query does."""
    async with browser_at(world) as client:
        posted = await client.post("/authorize", data=dict(raw(prompt="x")))
        asked = await client.get("/authorize", params=dict(raw(prompt="x")))

    assert posted.headers["location"] == asked.headers["location"]
    assert asked.headers["location"].startswith(f"{CALLBACK}?error=invalid_request&")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "client_id=nobody",
        "client_id=partner&redirect_uri=https://evil.example",
        "x=" + "y" * 1_000,
        "&".join(["a=1"] * 200),
    ],
    ids=lambda query: query[:50],
)
async def test_what_cannot_be_addressed_is_shown_a_page(world: World, query: str) -> None:
    """Attacks 1, 26: never a redirect; the sentence is ours and echoes nothing."""
    world.policy = ProviderPolicy(ISSUER, largest_form=1_000)
    async with browser_at(world) as client:
        asked = await client.get(f"/authorize?{query}")
        posted = await client.post("/authorize", content=query, headers={"content-type": FORM})

    for response in (asked, posted):
        assert (400, "text/html; charset=utf-8") == (response.status_code, response.headers["content-type"])
        assert "evil" not in response.text
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert_headers(response, SECURITY, NEVER_KEPT)


@pytest.mark.parametrize("interaction_id", ["unknown", "..%2f..%2fetc", "x" * 3000])
async def test_an_unknown_handle_is_gone(world: World, interaction_id: str) -> None:
    """A page, and nothing else."""
    async with browser_at(world) as client:
        response = await client.get(f"/authorize/{interaction_id}")

    assert response.status_code in {404, 410}


async def test_a_code_becomes_tokens_over_http(ready: World) -> None:
    """§3: JSON, never kept."""
    await ready.keep_code()
    async with browser_at(ready) as client:
        response = await client.post("/token", data=dict(ready.form()))

    assert (200, "application/json") == (response.status_code, response.headers["content-type"])
    assert "bearer" == response.json()["token_type"]
    assert_headers(response, SECURITY, NEVER_KEPT)


async def test_a_refused_token_request_is_json(world: World) -> None:
    """§3: 400 and never kept; invalid_client, too."""
    async with browser_at(world) as client:
        response = await client.post("/token", data=dict(world.form(client_assertion="nonsense")))

    assert (400, "application/json") == (response.status_code, response.headers["content-type"])
    assert {"error": "invalid_client", "error_description": "Client authentication failed"} == response.json()
    assert_headers(response, SECURITY, NEVER_KEPT)


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ("grant_type=" + "x" * 70_000, FORM),
        ("&".join(["a=1"] * 200), FORM),
        ("a=1&a=2", FORM),
        ('{"grant_type": "authorization_code"}', "application/json"),
        ("grant_type=authorization_code", "multipart/form-data; boundary=x"),
        ("", FORM),
        ("%ff%fe=%00", FORM),
    ],
    ids=lambda value: value[:40],
)
async def test_a_form_that_is_none_is_an_invalid_request(world: World, content: str, content_type: str) -> None:
    """Attacks 26: bounded before it is parsed."""
    async with browser_at(world) as client:
        response = await client.post("/token", content=content, headers={"content-type": content_type})

    assert (400, "invalid_request") == (response.status_code, response.json()["error"])


async def test_fields_in_the_query_of_token_do_not_count(ready: World) -> None:
    """RFC 6749 §2.3.1: never in the URI."""
    await ready.keep_code()
    async with browser_at(ready) as client:
        response = await client.post("/token", params=dict(ready.form()))

    assert 400 == response.status_code


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_userinfo_answers_get_and_post(ready: World, method: str) -> None:
    """§5: unsigned JSON."""
    token = (await ready.redeemed()).access_token
    async with browser_at(ready) as client:
        response = await client.request(method, "/userinfo", headers={"authorization": f"Bearer {token}"})

    assert (200, "application/json") == (response.status_code, response.headers["content-type"])
    assert ("alice", "a linkage key") == (
        response.json()["sub"],
        response.json()["gp_integration_credentials"]["gp_linkage_key"],
    )
    assert_headers(response, SECURITY, NEVER_KEPT)


async def test_userinfo_without_a_token_is_challenged(world: World) -> None:
    """RFC 6750 §3.1: without an error code."""
    async with browser_at(world) as client:
        response = await client.get("/userinfo")

    assert (401, 'Bearer realm="userinfo"') == (response.status_code, response.headers["www-authenticate"])
    assert "error" not in response.json()


async def test_userinfo_with_a_bad_token_says_so(world: World) -> None:
    """§5."""
    async with browser_at(world) as client:
        response = await client.get("/userinfo", headers={"authorization": "Bearer nonsense"})

    challenge = 'Bearer realm="userinfo", error="invalid_token", error_description="The access token is not valid"'
    assert (401, challenge) == (response.status_code, response.headers["www-authenticate"])
    assert "invalid_token" == response.json()["error"]


async def test_a_token_in_query_or_form_is_refused(ready: World) -> None:
    """Attacks 24: even beside a good one in the header."""
    token = (await ready.redeemed()).access_token
    headers = {"authorization": f"Bearer {token}"}
    async with browser_at(ready) as client:
        answers = [
            await client.get("/userinfo", params={"access_token": token}),
            await client.get("/userinfo", params={"access_token": token}, headers=headers),
            await client.post("/userinfo", data={"access_token": token}),
            await client.post("/userinfo", data={"access_token": token}, headers=headers),
        ]

    assert [(400, "invalid_request")] * 4 == [(answer.status_code, answer.json()["error"]) for answer in answers]
    assert [] == ready.offer.released


@pytest.mark.parametrize("path", ["/authorize", "/userinfo", "/.well-known/jwks.json"])
async def test_head_does_nothing(ready: World, path: str) -> None:
    """It would issue codes and release details that nobody reads."""
    async with browser_at(ready, session="session") as client:
        assert 405 == (await client.head(path, params=dict(raw()))).status_code
    assert {} == ready.tokens.codes


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/token"), ("PUT", "/userinfo"), ("PUT", "/authorize"), ("POST", "/trustmark/x")]
)
async def test_other_methods_are_refused(world: World, method: str, path: str) -> None:
    """405."""
    async with browser_at(world) as client:
        assert 405 == (await client.request(method, path)).status_code


@pytest.mark.parametrize("path", ["openid-configuration", "oauth-authorization-server"])
async def test_metadata_lies_open_at_both_paths(world: World, path: str) -> None:
    """Attacks 28; some clients try the second one first."""
    async with browser_at(world) as client:
        response = await client.get(
            f"/.well-known/{path}", headers={"host": "evil.example", "x-forwarded-host": "evil.example"}
        )

    assert ISSUER == response.json()["issuer"]
    assert "evil" not in response.text
    assert_headers(response, SECURITY, {"access-control-allow-origin": "*", "cache-control": "public, max-age=300"})


async def test_keys_lie_open(world: World) -> None:
    """Public parts alone."""
    async with browser_at(world) as client:
        response = await client.get("/.well-known/jwks.json")

    assert [world.ring.current.kid] == [key["kid"] for key in response.json()["keys"]]
    assert not {"d", "p", "q"} & response.json()["keys"][0].keys()


async def test_the_trustmark_stands_where_vtm_points(ready: World) -> None:
    """§6."""
    async with browser_at(ready) as client:
        assert ISSUER == (await client.get(ready.policy.trustmark)).json()["idp"]
        assert 404 == (await client.get("/trustmark/other.example")).status_code


async def test_nothing_is_open_to_scripts_but_metadata(ready: World) -> None:
    """Attacks 28: no CORS on /authorize, /token or /userinfo."""
    async with browser_at(ready, session="session") as client:
        answers = [
            await client.get("/authorize", params=dict(raw()), headers={"origin": "https://evil.example"}),
            await client.post("/token", data=dict(ready.form()), headers={"origin": "https://evil.example"}),
            await client.get("/userinfo", headers={"origin": "https://evil.example"}),
        ]

    assert [None] * 3 == [answer.headers.get("access-control-allow-origin") for answer in answers]


async def test_over_http_there_is_no_promise_of_https(world: World) -> None:
    """Loopback sandboxes: plain cookies and no HSTS."""
    world.policy = ProviderPolicy("http://localhost:9000")
    async with browser_at(world) as client:
        response = await client.get("/authorize", params=dict(raw()))

    assert "strict-transport-security" not in response.headers
    assert response.headers["set-cookie"].startswith("gpic-provider-9000-browser=")
    assert "Secure" not in response.headers["set-cookie"]


async def test_no_secret_is_logged(ready: World, caplog: pytest.LogCaptureFixture) -> None:
    """Attacks 29: no code, token, assertion, key or number in any record of a whole login."""
    await ready.keep_code("a-secret-code")
    form = dict(ready.form(code="a-secret-code"))
    with caplog.at_level("DEBUG", logger="gpic.provider"):
        async with browser_at(ready, session="session") as client:
            await client.get("/authorize", params=dict(raw()))
            tokens = (await client.post("/token", data=form)).json()
            await client.post("/token", data=form)
            await client.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
            await client.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token'][:-9]}"})

    logged = " ".join(str(vars(record)) for record in caplog.records)
    number = ALICE.nhs_number.digits if ALICE.nhs_number else ""
    secrets = [
        "a-secret-code",
        form["client_assertion"],
        tokens["access_token"][:40],
        tokens["refresh_token"],
        "a linkage key",
        number,
    ]
    assert "refused" in logged
    assert [] == [secret for secret in secrets if secret in logged]

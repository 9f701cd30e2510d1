"""Clause 3: the token endpoint (`nhs-login.md` §3)."""

from __future__ import annotations

import time

import pytest

from tests.conformance.op import ASSERTION, OTHER_CLIENT_ID, Op

pytestmark = pytest.mark.anyio


async def test_the_reply_has_just_what_the_clause_names(op: Op) -> None:
    """Access token, type, life, scope, refresh token, ID token."""
    tokens = await op.tokens(await op.authorize(scope="openid email"))

    expected = {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert expected == set(tokens)
    assert {"openid", "email"} == set(tokens["scope"].split())


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"code": None}, "invalid_request"),
        ({"code": "nonsense"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"client_assertion": None}, "invalid_client"),
        ({"client_assertion": "nonsense"}, "invalid_client"),
        ({"client_assertion_type": "urn:x"}, "invalid_client"),
        ({"client_id": OTHER_CLIENT_ID}, "invalid_client"),
    ],
)
async def test_each_refusal_has_its_code(op: Op, form: dict[str, str | None], error: str) -> None:
    """HTTP 400 and JSON, never to be stored."""
    response = await op.redeem((await op.authorize()).code, **form)

    assert (400, error) == (response.status_code, response.json()["error"])
    assert "no-store" == response.headers["cache-control"]


@pytest.mark.parametrize("form", [{"client_id": "conformance"}, {"state": "x"}, {"extra": "y"}])
async def test_fields_that_clients_really_send_are_tolerated(op: Op, form: dict[str, str | None]) -> None:
    """Interoperability: `client_id` is optional, others are ignored."""
    assert 200 == (await op.redeem((await op.authorize()).code, **form)).status_code


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": OTHER_CLIENT_ID},
        {"sub": OTHER_CLIENT_ID},
        {"aud": None},
        {"aud": "https://elsewhere.test/token"},
        {"exp": None},
        {"exp": 1},
        {"exp": int(time.time()) + 86_400},
        {"jti": None},
    ],
)
async def test_an_assertion_that_is_not_right_is_refused(op: Op, claims: dict[str, object]) -> None:
    """Attacks 17, 19–21: one uniform refusal outward."""
    code = (await op.authorize()).code
    response = await op.redeem(code, client_assertion=op.assertion(**claims))
    other = await op.redeem(code, client_assertion="nonsense")

    assert (400, other.json()) == (response.status_code, response.json())
    assert "invalid_client" == response.json()["error"]
    assert 200 == (await op.redeem(code)).status_code


async def test_an_assertion_needs_neither_iat_nor_kid(op: Op) -> None:
    """Interoperability: old clients send neither."""
    assertion = op.assertion(iat=None)

    assert 200 == (await op.redeem((await op.authorize()).code, client_assertion=assertion)).status_code


async def test_an_assertion_works_once(op: Op) -> None:
    """Attack 20: whatever it is used for the second time."""
    assertion = op.assertion()
    first = await op.redeem((await op.authorize()).code, client_assertion=assertion)
    second = await op.redeem((await op.authorize()).code, client_assertion=assertion)

    assert (200, 400, "invalid_client") == (first.status_code, second.status_code, second.json()["error"])


async def test_the_latest_refresh_token_counts(op: Op) -> None:
    """Attack 22: an old one after its grace ends the family; within it the same successor comes again."""
    tokens = await op.tokens(await op.authorize())
    first, again = [
        (await op.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])).json() for _ in range(2)
    ]
    latest = (await op.post_token(grant_type="refresh_token", refresh_token=first["refresh_token"])).json()
    reused = await op.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    dead = await op.post_token(grant_type="refresh_token", refresh_token=latest["refresh_token"])

    assert first["refresh_token"] == again["refresh_token"]
    assert (400, "invalid_grant") == (reused.status_code, reused.json()["error"])
    assert (400, "invalid_grant") == (dead.status_code, dead.json()["error"])


@pytest.mark.parametrize(("scope", "expected"), [("openid", {"openid"}), (None, {"openid", "profile", "email"})])
async def test_scope_may_be_narrowed(op: Op, scope: str | None, expected: set[str]) -> None:
    """A subset, or all of it."""
    tokens = await op.tokens(await op.authorize(scope="openid profile email"))
    fresh = await op.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope=scope)

    assert expected == set(fresh.json()["scope"].split())


async def test_scope_may_not_be_widened(op: Op) -> None:
    """And the refresh token is not spent by the attempt."""
    tokens = await op.tokens(await op.authorize(scope="openid email"))
    wide = await op.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"], scope="openid profile")
    usual = await op.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    assert (400, "invalid_scope", 200) == (wide.status_code, wide.json()["error"], usual.status_code)


async def test_other_ways_to_authenticate_are_refused(op: Op) -> None:
    """private_key_jwt only: no secret in header or form."""
    code = (await op.authorize()).code
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": op.redirect_uri}
    basic = await op.http.post(f"{op.issuer}/token", data=form, auth=(op.client_id, "secret"))
    posted = await op.http.post(f"{op.issuer}/token", data=form | {"client_id": op.client_id, "client_secret": "x"})

    assert ["invalid_client", "invalid_client"] == [basic.json()["error"], posted.json()["error"]]
    assert 200 == (await op.redeem(code)).status_code


async def test_a_query_is_no_form(op: Op) -> None:
    """Attack 24's cousin: parameters in the address would stand in logs."""
    code = (await op.authorize()).code
    query = {"grant_type": "authorization_code", "code": code, "redirect_uri": op.redirect_uri}
    whole = query | {"client_assertion_type": ASSERTION, "client_assertion": op.assertion()}
    response = await op.http.post(f"{op.issuer}/token", params=whole)
    got = await op.http.get(f"{op.issuer}/token", params=whole)

    assert (400, 405) == (response.status_code, got.status_code)
    assert 200 == (await op.redeem(code)).status_code

"""The access token: signed assertion, kept while it lasts, fetched once at a time (`demographics.md` §1.3)."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import parse_qs

import httpx2
import pytest
from hypothesis import given

from gpic.demographics.access import AccessToken, AccessTokens
from gpic.nhs.answers import Unreachable
from gpic.nhs.clock import MovableClock
from gpic.nhs.secret import Secret
from gpic.outbound import open_client
from tests.unit.line import RESPONSES, Answer, Line, said

pytestmark = pytest.mark.anyio

TOKEN_URL = "https://pds.test/oauth2/token"
NOW = datetime(2031, 4, 2, 12, tzinfo=UTC)


def granted(token: str = "opaque-1", **fields: object) -> httpx2.Response:  # noqa: S107 - synthetic
    """The platform's reply; `expires_in` is a string there."""
    return said(200, {"access_token": token, "expires_in": "599", "token_type": "Bearer", "issued_at": "1"} | fields)


def tokens(line: Line, clock: MovableClock | None = None) -> AccessTokens:
    """Tokens over this line; a "signature" is the claims themselves."""
    numbers = count(1)
    return AccessTokens(
        line.client("https://pds.test"),
        TOKEN_URL,
        "api-key-1",
        json.dumps,
        clock=clock or MovableClock(NOW),
        new_jti=lambda: f"jti-{next(numbers)}",
    )


async def text(desk: AccessTokens) -> str | None:
    """The token to use now."""
    token = await desk.current()
    return token.text.reveal() if isinstance(token, AccessToken) else None


async def test_the_assertion_names_us_and_the_token_endpoint() -> None:
    """§1.3: iss = sub = API key, aud = the URL itself, a jti, exp at most five minutes ahead."""
    line = Line(granted())

    assert "opaque-1" == await text(tokens(line))
    (request,) = line.asked
    form = {name: value[0] for name, value in parse_qs(request.content.decode()).items()}
    assertion = json.loads(form.pop("client_assertion"))
    assert {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    } == form
    assert {
        "iss": "api-key-1",
        "sub": "api-key-1",
        "aud": TOKEN_URL,
        "jti": "jti-1",
        "exp": int(NOW.timestamp()) + 240,
    } == assertion
    assert ("POST", TOKEN_URL) == (request.method, str(request.url))


async def test_a_token_is_kept_until_shortly_before_it_ends() -> None:
    """`expires_in` is a string; half a minute is left for the call that the token is for."""
    clock = MovableClock(NOW)
    line = Line(granted("one"), granted("two"))
    desk = tokens(line, clock)

    assert "one" == await text(desk)
    clock.move(timedelta(seconds=568))
    assert "one" == await text(desk)
    clock.move(timedelta(seconds=1))
    assert "two" == await text(desk)
    assert ["jti-1", "jti-2"] == [
        json.loads(parse_qs(request.content.decode())["client_assertion"][0])["jti"] for request in line.asked
    ]


@pytest.mark.parametrize("life", ["", "soon", "-1", "1e3", "9" * 5000, 0])
async def test_a_life_that_cannot_be_read_lasts_for_one_call(life: str | int) -> None:
    """The token is used, and not kept."""
    desk = tokens(Line(granted("one", expires_in=life), granted("two")))

    assert ["one", "two"] == [await text(desk), await text(desk)]


async def test_no_life_is_longer_than_an_hour() -> None:
    """A slip of the platform's does not make us keep a token for ever."""
    clock = MovableClock(NOW)
    desk = tokens(Line(granted("one", expires_in="999999999"), granted("two")), clock)
    await text(desk)
    clock.move(timedelta(hours=1))

    assert "two" == await text(desk)


async def test_many_callers_fetch_one_token() -> None:
    """The first asks, the others wait for its answer."""
    line = Line(granted())

    async def slowly(request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(0.01)
        return line(request)

    async with open_client("https://pds.test", transport=httpx2.MockTransport(slowly)) as client:
        desk = AccessTokens(client, TOKEN_URL, "api-key-1", json.dumps, clock=MovableClock(NOW))

        assert {"opaque-1"} == set(await asyncio.gather(*(text(desk) for _ in range(20))))
    assert 1 == len(line.asked)


async def test_a_refused_token_is_replaced_once() -> None:
    """401: whoever comes first fetches a new one, and those who held the old one get that."""
    line = Line(granted("one"), granted("two"))
    desk = tokens(line)
    old = await desk.current()
    assert isinstance(old, AccessToken)

    replaced = [await desk.current(refused=old) for _ in range(3)]

    assert ["two"] * 3 == [token.text.reveal() for token in replaced if isinstance(token, AccessToken)]
    assert 2 == len(line.asked)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (httpx2.ConnectError(""), "ConnectError"),
        (said(503, b"", Retry_After="5"), "access-token-503"),
        (said(400, {"error": "invalid_request", "error_description": "Non-unique 'jti' claim"}), "access-token-400"),
        (said(401, {"error": "public_key error"}), "access-token-401"),
        (said(200, b"<html>"), "access-token-200"),
        (said(200, {"access_token": ""}), "access-token-200"),
        (said(200, {"access_token": "a\r\nb"}), "access-token-200"),
        (said(200, b" " * 1_100_000), "body-too-large"),
    ],
)
async def test_without_a_token_the_interface_is_unreachable(answer: Answer, detail: str) -> None:
    """N12: whatever is wrong with our access says nothing about a person; the next call tries anew."""
    desk = tokens(Line(answer, granted()))
    refused = await desk.current()

    assert isinstance(refused, Unreachable)
    assert detail == refused.detail
    assert "opaque-1" == await text(desk)


@given(response=RESPONSES)
async def test_no_reply_makes_it_raise(response: httpx2.Response) -> None:
    """Whatever the token endpoint says: a token or Unreachable."""
    assert isinstance(await tokens(Line(response)).current(), AccessToken | Unreachable)


async def test_a_token_is_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Neither in logs nor in a repr."""
    caplog.set_level(logging.DEBUG)
    shown = repr(await tokens(Line(granted())).current()) + repr(AccessToken(Secret("opaque-1"), NOW))

    assert "opaque-1" not in shown + caplog.text
    assert "api-key-1" not in caplog.text

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from gpic.outbound import open_client
from gpic.relying_party.discovery import KnownProvider, origin
from gpic.relying_party.errors import DiscoveryRefused, LoginRefused
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle
from tests.unit.relying_party.test_id_token import header_of
from tests.unit.relying_party.world import BROWSER, ISSUER, key, settings, world

pytestmark = pytest.mark.anyio


async def test_a_way_there_needs_a_provider() -> None:
    """The button's own request says so when NHS login is silent."""
    there = world()
    there.nhs_login.down.add("/.well-known/openid-configuration")

    with pytest.raises(LoginRefused, match="provider_silent"):
        await there.party.start(BROWSER)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": ISSUER + "/"},
        {"token_endpoint": f"{ISSUER}/other"},
        {"token_endpoint": "https://evil.example/token"},
        {"authorization_endpoint": "https://evil.example/authorize"},
        {"userinfo_endpoint": "http://auth.sandpit.example/userinfo"},
        {"jwks_uri": "https://auth.sandpit.example:8443/jwks"},
        {"jwks_uri": "https://auth.sandpit.example@evil.example/jwks"},
        {"jwks_uri": "https://evil.example\\@auth.sandpit.example/jwks"},
        {"jwks_uri": "https://[broken"},
        {"jwks_uri": None},
    ],
)
async def test_metadata_that_leads_elsewhere_is_refused(metadata: dict[str, object]) -> None:
    """The issuer is pinned, and so is the host of every endpoint (`attacks-and-interop.md` 36)."""
    there = world()
    there.nhs_login.metadata = metadata

    with pytest.raises(DiscoveryRefused):
        await there.party.start(BROWSER)


async def test_metadata_is_asked_for_once_an_hour() -> None:
    """What a provider says of itself is believed for a while."""
    there = world()
    for _ in range(3):
        await there.log_in()
    asked_before = there.nhs_login.calls["/.well-known/openid-configuration"]
    there.clock.move(timedelta(hours=1))
    await there.log_in()

    assert (1, 2) == (asked_before, there.nhs_login.calls["/.well-known/openid-configuration"])


async def test_a_rotated_key_is_fetched_once() -> None:
    """An unknown kid makes us look once more, and the new key serves from then on (`attacks-and-interop.md` 35)."""
    there = world()
    await there.log_in()
    there.clock.move(timedelta(minutes=2))
    there.nhs_login.signing = key("rotated")

    outcomes = [await there.log_in(), await there.log_in()]

    assert [Connected, Connected] == [type(outcome) for outcome in outcomes]
    assert 2 == there.nhs_login.calls["/.well-known/jwks.json"]


async def test_unknown_kids_do_not_make_us_hammer() -> None:
    """Between two looks for an unknown kid lies a pause."""
    there = world()
    await there.log_in()
    there.clock.move(timedelta(minutes=2))
    there.nhs_login.published = [key("provider")]
    there.nhs_login.signing = key("forged")
    for _ in range(4):
        assert CannotConnect(Obstacle.LOGIN_FAILED, code="id_token_invalid") == await there.log_in()

    assert 2 == there.nhs_login.calls["/.well-known/jwks.json"]


async def test_a_key_that_changes_right_after_the_first_look_is_followed() -> None:
    """The pause lies between two looks for an unknown kid; the ordinary look before them does not count."""
    there = world()
    await there.log_in()
    there.nhs_login.signing = key("rotated")

    assert isinstance(await there.log_in(), Connected)
    assert 2 == there.nhs_login.calls["/.well-known/jwks.json"]


async def test_after_the_pause_an_unknown_kid_is_looked_for_again() -> None:
    """One look a minute, and at the minute itself one more."""
    there = world()
    there.nhs_login.bend = lambda token: header_of(token, kid="invented")
    await there.log_in()
    there.nhs_login.bend = str
    there.nhs_login.signing = key("rotated")
    there.clock.move(timedelta(seconds=59))
    early = await there.log_in()
    there.clock.move(timedelta(seconds=1))
    late = await there.log_in()

    assert ([CannotConnect, Connected], 3) == (
        [type(early), type(late)],
        there.nhs_login.calls["/.well-known/jwks.json"],
    )


async def test_many_who_meet_a_new_kid_fetch_it_once() -> None:
    """One look serves all who wait for it."""
    there = world()
    await there.log_in()
    there.clock.move(timedelta(minutes=2))
    there.nhs_login.signing = key("rotated")

    outcomes = await asyncio.gather(*(replace(there, browser=f"browser-{number}").log_in() for number in range(5)))

    assert [Connected] * 5 == [type(outcome) for outcome in outcomes]
    assert 2 == there.nhs_login.calls["/.well-known/jwks.json"]


async def test_newer_keys_are_given_to_who_saw_older_ones() -> None:
    """Whoever comes with a key set that was replaced meanwhile gets the new one without a fetch."""
    there = world()
    client = open_client(ISSUER, transport=httpx2.MockTransport(there.nhs_login.answer))
    provider = KnownProvider(settings(), client, there.clock)
    old = await provider.keys()
    there.clock.move(timedelta(minutes=2))
    new = await provider.keys_after_an_unknown_kid(old)

    assert new is await provider.keys_after_an_unknown_kid(old)
    assert new is not old
    assert 2 == there.nhs_login.calls["/.well-known/jwks.json"]


async def test_keys_that_are_none_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    """A key set that cannot be read proves nothing; the log says so."""
    caplog.set_level("INFO", "gpic.relying_party")
    there = world()
    there.nhs_login.published = []
    there.nhs_login.metadata = {"jwks_uri": f"{ISSUER}/.well-known/openid-configuration"}

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="discovery_refused") == await there.log_in()
    assert "discovery_refused: this is not a JWK set" in caplog.text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x", ("https", "a.example", 443)),
        ("http://localhost:80", ("http", "localhost", 80)),
        ("https://a.example:8443", ("https", "a.example", 8443)),
        ("https://a.example:0/x", ("https", "a.example", 443)),
        ("ftp://a.example", None),
        ("https://", None),
        ("https://:443/x", None),
        ("https://me@a.example", None),
        ("https://a.example/\u00e4", None),
        ("https://a.example/ x", None),
        ("https://a.example/\\x", None),
        ("https://a.example:99999", None),
        ("https://[broken", None),
    ],
)
def test_an_origin_is_read_or_there_is_none(url: str, expected: tuple[str, str, int] | None) -> None:
    """Scheme, host and port; whatever a parser could read in two ways has none."""
    assert expected == origin(url)

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.relying_party.errors import DiscoveryRefused, LoginRefused
from gpic.relying_party.outcomes import CannotConnect, Connected, Obstacle
from tests.unit.relying_party.world import BROWSER, ISSUER, key, world

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

"""Refresh tokens become fresh access tokens and their own successors."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gpic.jose.sign import seconds
from gpic.jose.verify import ClaimsPolicy, only, verify
from gpic.provider.errors import ClientInvalid, GrantInvalid, TokenScopeInvalid
from gpic.provider.policy import ProviderPolicy
from gpic.provider.token.refresh import refreshable
from tests.unit.provider.world import ISSUER, NOW, World

pytestmark = pytest.mark.anyio


@pytest.fixture
def sharing(world: World) -> World:
    """Alice shares everything with the partner."""
    world.let_alice_share()
    return world


def read(world: World, token: str) -> dict[str, object]:
    """The claims of a token of ours, as a partner verifies it."""
    return dict(verify(token, world.ring.key_set, ClaimsPolicy(ISSUER, only("partner"), world.wire.now())).claims)


async def test_a_refresh_rotates_and_gives_no_id_token(sharing: World) -> None:
    """§3: the latest refresh token, and id_token only for a code."""
    first = await sharing.redeemed()

    second = await sharing.token.grant(sharing.refresh_form(first.refresh_token))

    assert "id_token" not in second.fields()
    assert first.refresh_token != second.refresh_token
    assert (await sharing.token.grant(sharing.refresh_form(second.refresh_token))).access_token


async def test_an_older_refresh_token_ends_the_family(sharing: World) -> None:
    """Attacks 22."""
    first = await sharing.redeemed()
    second = await sharing.token.grant(sharing.refresh_form(first.refresh_token))

    with pytest.raises(GrantInvalid, match=r"^invalid_grant: an older refresh token came back; its family is revoked$"):
        await sharing.token.grant(sharing.refresh_form(first.refresh_token))

    assert {"family"} == sharing.tokens.revoked
    with pytest.raises(GrantInvalid, match=r"^invalid_grant: the refresh token is unknown, expired or somebody else's$"):
        await sharing.token.grant(sharing.refresh_form(second.refresh_token))


async def test_a_refresh_drops_the_gp_scope(sharing: World) -> None:
    """N3: by default, and the reply says so; what the login was is inherited."""
    reply = await sharing.redeemed(auth_time=NOW - timedelta(hours=5))

    refreshed = await sharing.token.grant(sharing.refresh_form(reply.refresh_token))

    assert "openid profile" == refreshed.scope == read(sharing, refreshed.access_token)["scope"]
    assert seconds(NOW) - 5 * 3600 == read(sharing, refreshed.access_token)["auth_time"]


async def test_a_refresh_keeps_the_gp_scope_where_the_policy_says_so(sharing: World) -> None:
    """N3: a setting keeps it."""
    sharing.policy = ProviderPolicy(ISSUER, refresh_keeps_gp_scope=True)
    reply = await sharing.redeemed()

    assert reply.scope == (await sharing.token.grant(sharing.refresh_form(reply.refresh_token))).scope


async def test_asking_for_the_gp_scope_does_not_bring_it_back(sharing: World) -> None:
    """N3: it was granted, and still a refresh does not carry it."""
    reply = await sharing.redeemed()
    form = sharing.refresh_form(reply.refresh_token, scope="openid gp_integration_credentials")

    assert "openid" == (await sharing.token.grant(form)).scope


@pytest.mark.parametrize(
    ("asked", "given"),
    [("openid", "openid"), ("profile openid", "openid profile"), ("", "openid profile"), ("profile", "profile")],
)
async def test_a_refresh_may_narrow(sharing: World, asked: str, given: str) -> None:
    """§3: a subset."""
    reply = await sharing.redeemed(scopes=frozenset({"openid", "profile"}))

    assert given == (await sharing.token.grant(sharing.refresh_form(reply.refresh_token, scope=asked))).scope


@pytest.mark.parametrize("asked", ["openid email", "unheard_of", "openid gp_integration_credentials"])
async def test_a_refresh_may_not_widen(sharing: World, asked: str) -> None:
    """Attacks 22: invalid_scope."""
    reply = await sharing.redeemed(scopes=frozenset({"openid", "profile"}))

    with pytest.raises(TokenScopeInvalid):
        await sharing.token.grant(sharing.refresh_form(reply.refresh_token, scope=asked))

    # Nothing was spent: the same refresh token works on.
    assert "openid profile" == (await sharing.token.grant(sharing.refresh_form(reply.refresh_token))).scope


async def test_only_the_gp_scope_is_no_refresh(sharing: World) -> None:
    """N3: a token that opens nothing is not issued; refused before anything is spent, unless a setting keeps the scope."""
    reply = await sharing.redeemed()
    form = sharing.refresh_form(reply.refresh_token, scope="gp_integration_credentials")

    with pytest.raises(TokenScopeInvalid, match=r"^invalid_scope: only what a refresh never gives was asked for$"):
        await sharing.token.grant(form)
    sharing.policy = ProviderPolicy(ISSUER, refresh_keeps_gp_scope=True)
    assert "gp_integration_credentials" == (await sharing.token.grant(form)).scope


@pytest.mark.parametrize("scopes", ["", "openid", "openid gp_integration_credentials", "gp_integration_credentials"])
def test_what_a_refresh_carries(scopes: str) -> None:
    """N3: everything but GP credentials; everything, where a setting says so."""
    asked = frozenset(scopes.split())

    assert asked - {"gp_integration_credentials"} == refreshable(asked, ProviderPolicy(ISSUER))
    assert asked == refreshable(asked, ProviderPolicy(ISSUER, refresh_keeps_gp_scope=True))


async def test_a_refresh_that_asks_for_too_much_spends_its_assertion(sharing: World) -> None:
    """Attacks 20, 22: the jti, and nothing else."""
    reply = await sharing.redeemed(scopes=frozenset({"openid"}))
    assertion = sharing.assertion()
    with pytest.raises(TokenScopeInvalid):
        await sharing.token.grant(sharing.refresh_form(reply.refresh_token, scope="openid email", client_assertion=assertion))

    with pytest.raises(ClientInvalid):
        await sharing.token.grant(sharing.refresh_form(reply.refresh_token, client_assertion=assertion))


async def test_what_is_no_longer_shared_is_no_longer_issued(sharing: World) -> None:
    """N6: consent counts on the day of the token."""
    reply = await sharing.redeemed()
    await sharing.consents.withdraw("alice", "partner", NOW)

    refreshed = await sharing.token.grant(sharing.refresh_form(reply.refresh_token))

    assert "openid" == refreshed.scope
    assert "nhs_number" not in read(sharing, refreshed.access_token)

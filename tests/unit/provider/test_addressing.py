"""Whom an authorization request is answered to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.provider.authorize.addressing import address, may_be_registered
from gpic.provider.errors import Unaddressable
from gpic.provider.policy import Profile, ProviderPolicy
from tests.unit.provider.world import CALLBACK, GOOD, ISSUER, World, raw

STRICT, COMPAT, LENIENT = Profile


@pytest.mark.anyio
async def test_a_registered_address_is_accepted(world: World) -> None:
    """From here on refusals go back to the partner."""
    found = await address(raw(), world.clients, world.policy)

    assert ("partner", CALLBACK, "a state") == (found.client.client_id, found.redirect_uri, found.get("state"))


@pytest.mark.anyio
@pytest.mark.parametrize(
    "redirect_uri",
    [
        f"{CALLBACK}/",
        f"{CALLBACK}?x=1",
        f"{CALLBACK}#x",
        f"{CALLBACK}/../callback",
        f"{CALLBACK}%2f",
        "https://partner.example/Callback",
        "https://PARTNER.example/callback",
        "https://partner.example:443/callback",
        "https://partner.example@evil.example/callback",
        "https://partner.example.evil.example/callback",
        "http://partner.example/callback",
        "",
        None,
    ],
)
async def test_any_other_address_is_not_answered(world: World, redirect_uri: str | None) -> None:
    """Attacks 1: exact match only; on mismatch a page, never a redirect."""
    with pytest.raises(Unaddressable):
        await address(raw(redirect_uri=redirect_uri), world.clients, world.policy)


@pytest.mark.anyio
@pytest.mark.parametrize("client_id", ["nobody", "", "PARTNER", None])
async def test_an_unknown_client_is_not_answered(world: World, client_id: str | None) -> None:
    """Attacks 1; the reason is for the log, and repeats nothing that a stranger wrote."""
    reason = (
        "client unknown or disabled" if client_id else f"client_id was given {0 if client_id is None else 1} times or is empty"
    )

    with pytest.raises(Unaddressable, match=f"^unaddressable: {reason}$"):
        await address(raw(client_id=client_id), world.clients, world.policy)


@pytest.mark.anyio
async def test_a_disabled_client_is_not_answered(world: World) -> None:
    """A partner that was switched off sends nobody anywhere."""
    world.change_client(disabled=True)

    with pytest.raises(Unaddressable):
        await address(raw(), world.clients, world.policy)


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_a_repeated_address_is_not_answered(world: World, name: str) -> None:
    """Attacks 3: not even when both values are the same."""
    with pytest.raises(Unaddressable):
        await address((*raw(), (name, GOOD[name])), world.clients, world.policy)


FORMS: list[tuple[str, set[Profile]]] = [
    ("https://partner.example/callback", {STRICT, COMPAT, LENIENT}),
    ("https://partner.example", {STRICT, COMPAT, LENIENT}),
    ("uk.example.app:/callback", {STRICT, COMPAT, LENIENT}),
    ("http://localhost:8000/callback", {COMPAT, LENIENT}),
    ("http://127.0.0.1:8000/callback", {COMPAT, LENIENT}),
    ("http://[::1]:8000/callback", {COMPAT, LENIENT}),
    ("http://partner.example/callback", set()),
    ("http://127.0.0.1.evil.example/callback", set()),
    ("https://partner.example/callback?x=1", set()),
    ("https://partner.example/callback#x", set()),
    ("https://user@partner.example/callback", set()),
    ("https://*.example/callback", set()),
    ("https://partner.example\\callback", set()),
    ("https://partner.example/a b", set()),
    ("https://partner.example/\n", set()),
    ("https:///callback", set()),
    ("https://[::1/callback", set()),
    ("javascript:alert(1)", set()),
    ("data:text/html,x", set()),
    ("/callback", set()),
    ("", set()),
    ("https://pärtner.example/", set()),
]


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize(("redirect_uri", "profiles"), FORMS)
def test_a_profile_knows_its_addresses(redirect_uri: str, profiles: set[Profile], profile: Profile) -> None:
    """§2: no wildcard, no query, no http; on loopback in compat and lenient alone."""
    assert (profile in profiles) == may_be_registered(redirect_uri, profile)


@pytest.mark.anyio
async def test_a_loopback_address_of_another_profile_is_not_answered(world: World) -> None:
    """What compat admitted does not survive a change to strict."""
    world.change_client(redirect_uris=frozenset({"http://localhost:8000/callback"}))
    request = raw(redirect_uri="http://localhost:8000/callback")

    await address(request, world.clients, ProviderPolicy(ISSUER, profile=COMPAT))
    with pytest.raises(Unaddressable):
        await address(request, world.clients, world.policy)


@given(st.text())
def test_no_address_breaks_the_judgement(redirect_uri: str) -> None:
    """Any text is allowed or not."""
    assert may_be_registered(redirect_uri, STRICT) in {True, False}

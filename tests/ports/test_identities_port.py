"""Asserted identities, in every implementation: the logins that they refer to, and their one use."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.nhs.trust import Vector
from gpic.provider.ports import Binding, Grant, JtiUse
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
BINDING = Binding("partner", "https://partner.example/callback")
GRANT = Grant(
    family="id-token-1",
    client_id="partner",
    subject="subject-1",
    scopes=frozenset({"openid"}),
    nonce="nonce-1",
    vot=Vector.parse("P5.Cp.Cd"),
    auth_time=NOW - timedelta(minutes=1, microseconds=1),
    session_id="session-1",
)
USE = JtiUse("partner", "jti-1", NOW + timedelta(seconds=90))


@pytest.fixture
async def logged_in(cabinets: Cabinets) -> Cabinets:
    """Cabinets after one login."""
    await cabinets.codes.save("code-1", BINDING, GRANT, NOW + timedelta(minutes=10))
    return cabinets


async def test_a_login_is_found_by_its_id_token(logged_in: Cabinets) -> None:
    """N23: whole, so that auth_time, vector and session can be inherited."""
    assert GRANT == await logged_in.identities.login_of("partner", "id-token-1")


async def test_a_login_is_still_found_after_its_code_was_redeemed_and_refreshed(logged_in: Cabinets) -> None:
    """The ID token's name does not change with the tokens that follow."""
    use = JtiUse("partner", "a", NOW + timedelta(minutes=5))
    await logged_in.codes.redeem("code-1", BINDING, use, NOW, refresh_token="refresh-1")
    await logged_in.families.rotate("refresh-1", "partner", replace(use, jti="b"), NOW, successor="refresh-2")

    assert GRANT == await logged_in.identities.login_of("partner", "id-token-1")


@pytest.mark.parametrize(
    ("client_id", "jti"),
    [("other", "id-token-1"), ("partner", "id-token-2"), ("partner", ""), ("", "id-token-1"), ("partner", "id-token-1\0")],
)
async def test_nobody_finds_a_login_that_is_not_theirs(logged_in: Cabinets, client_id: str, jti: str) -> None:
    """Attacks 11: the ID token was really issued to whoever asserts."""
    assert None is await logged_in.identities.login_of(client_id, jti)


async def test_a_revoked_login_is_not_found(logged_in: Cabinets) -> None:
    """N6: nothing is handed over that has ended."""
    await logged_in.families.revoke("id-token-1")

    assert None is await logged_in.identities.login_of("partner", "id-token-1")


async def test_an_identity_is_used_once(cabinets: Cabinets) -> None:
    """N23."""
    assert await cabinets.identities.claim(USE, NOW)
    assert not await cabinets.identities.claim(USE, NOW)


async def test_of_many_at_one_moment_one_uses_it(cabinets: Cabinets) -> None:
    """N23: twenty at once, each in its own thread: one True."""
    answers = await asyncio.gather(*(cabinets.identities.claim(USE, NOW) for _ in range(20)))

    assert [False] * 19 + [True] == sorted(answers)


async def test_a_use_is_remembered_until_it_expires(cabinets: Cabinets) -> None:
    """At that very moment the assertion itself is too old to be accepted."""
    await cabinets.identities.claim(USE, NOW)

    assert not await cabinets.identities.claim(USE, USE.expires - TICK)
    assert await cabinets.identities.claim(replace(USE, expires=USE.expires + timedelta(minutes=1)), USE.expires)


async def test_another_partners_jti_is_another(cabinets: Cabinets) -> None:
    """A jti is unique within its issuer; names and ids that run together are told apart."""
    assert await cabinets.identities.claim(replace(USE, client_id="a", jti="b:c"), NOW)
    assert await cabinets.identities.claim(replace(USE, client_id="a:b", jti="c"), NOW)


async def test_client_assertions_have_uses_of_their_own(logged_in: Cabinets) -> None:
    """A partner that names both kinds of JWT alike loses neither."""
    assert await logged_in.identities.claim(USE, NOW)
    redeemed = await logged_in.codes.redeem("code-1", BINDING, USE, NOW, refresh_token="refresh-1")

    assert "Redeemed" == type(redeemed).__name__
    assert await logged_in.identities.claim(replace(USE, jti="jti-2"), NOW)

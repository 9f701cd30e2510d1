"""Authorization codes, in every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.nhs.trust import Vector
from gpic.provider.ports import AlreadyUsed, Binding, Grant, JtiReplayed, JtiUse, Redeemed, Redemption, Unknown
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EXPIRES = NOW + timedelta(minutes=10)
BINDING = Binding("partner", "https://partner.example/callback")
GRANT = Grant(
    family="family-1",
    client_id="partner",
    subject="subject-1",
    scopes=frozenset({"openid", "gp_integration_credentials"}),
    nonce="nonce-1",
    vot=Vector.parse("P9.Cp.Cd"),
    auth_time=NOW - timedelta(minutes=1, microseconds=1),
    session_id="session-1",
    code_challenge="challenge",
)


def use(jti: str, client_id: str = "partner") -> JtiUse:
    """An assertion's one use."""
    return JtiUse(client_id, jti, NOW + timedelta(minutes=5))


async def redeem(
    cabinets: Cabinets, jti: str, *, at: datetime = NOW, binding: Binding = BINDING, code: str = "code-1"
) -> Redemption:
    """Redeem with a fresh refresh token for each assertion."""
    return await cabinets.codes.redeem(code, binding, use(jti), at, refresh_token=f"refresh-{jti}")


@pytest.fixture
async def issued(cabinets: Cabinets) -> Cabinets:
    """Cabinets in which one code waits."""
    await cabinets.codes.save("code-1", BINDING, GRANT, EXPIRES)
    return cabinets


async def test_a_code_is_redeemed_once(issued: Cabinets) -> None:
    """The first gets the whole grant, the second learns that it is spent."""
    assert Redeemed(GRANT) == await redeem(issued, "a")
    assert AlreadyUsed() == await redeem(issued, "b")


async def test_of_two_callers_at_the_same_moment_one_redeems(issued: Cabinets) -> None:
    """Ten at once, each in its own thread: one Redeemed, nine AlreadyUsed."""
    answers = await asyncio.gather(*(redeem(issued, f"jti-{number}") for number in range(10)))

    assert 1 == answers.count(Redeemed(GRANT))
    assert 9 == answers.count(AlreadyUsed())


async def test_a_code_that_comes_back_ends_its_family(issued: Cabinets) -> None:
    """Reuse revokes what the first use bought."""
    await redeem(issued, "a")
    assert await issued.families.is_alive("family-1")
    await redeem(issued, "b")

    assert not await issued.families.is_alive("family-1")


@pytest.mark.parametrize(
    "binding",
    [
        replace(BINDING, client_id="other"),
        replace(BINDING, redirect_uri="https://other.example/"),
        replace(BINDING, redirect_uri=BINDING.redirect_uri + "\0"),
    ],
)
async def test_a_wrong_binding_neither_consumes_nor_revokes(issued: Cabinets, binding: Binding) -> None:
    """Somebody else's request is Unknown, before and after the code is spent, and hurts nobody."""
    assert Unknown() == await redeem(issued, "a", binding=binding)
    assert Redeemed(GRANT) == await redeem(issued, "b")
    assert Unknown() == await redeem(issued, "c", binding=binding)
    assert await issued.families.is_alive("family-1")


@pytest.mark.parametrize(
    ("at", "expected"),
    [(EXPIRES - timedelta(microseconds=1), Redeemed(GRANT)), (EXPIRES, Unknown()), (EXPIRES + timedelta(days=2), Unknown())],
)
async def test_a_code_lives_until_it_expires(issued: Cabinets, at: datetime, expected: Redemption) -> None:
    """At the very moment of its expiry it is gone."""
    assert expected == await redeem(issued, "a", at=at)


@pytest.mark.parametrize(
    ("after", "expected"),
    [(timedelta(days=1) - timedelta(microseconds=1), AlreadyUsed()), (timedelta(days=1), Unknown())],
)
async def test_a_spent_code_is_recognised_a_day_longer(issued: Cabinets, after: timedelta, expected: Redemption) -> None:
    """Then nobody remembers it."""
    await redeem(issued, "a")

    assert expected == await redeem(issued, "b", at=EXPIRES + after)


async def test_an_unknown_code_is_unknown(cabinets: Cabinets) -> None:
    """Never issued."""
    assert Unknown() == await redeem(cabinets, "a", code="invented")


async def test_an_assertion_is_used_once(issued: Cabinets) -> None:
    """A replayed jti is refused before the code is looked at, and the code stays good."""
    await redeem(issued, "a", code="invented")

    assert JtiReplayed() == await redeem(issued, "a")
    assert Redeemed(GRANT) == await redeem(issued, "b")


async def test_the_same_jti_of_two_clients_is_two_uses(issued: Cabinets) -> None:
    """A jti is a client's own affair, even where client and jti run together to the same text."""
    uses = [use("one", "partner"), use("one", "other"), use("two:three", "other"), use("three", "other:two")]
    answers = [await issued.codes.redeem("invented", BINDING, one, NOW, refresh_token="r") for one in uses]

    assert [Unknown()] * 4 == answers


async def test_a_jti_is_forgotten_when_it_expires(issued: Cabinets) -> None:
    """Afterwards the assertion itself is too old to be accepted by anybody."""
    await redeem(issued, "a", code="invented")

    assert JtiReplayed() == await redeem(issued, "a", at=NOW + timedelta(minutes=5) - timedelta(microseconds=1))
    assert Redeemed(GRANT) == await redeem(issued, "a", at=NOW + timedelta(minutes=5))


async def test_a_family_revoked_before_its_code_is_redeemed_gives_nothing(issued: Cabinets) -> None:
    """N6: the end of a family ends its code."""
    await issued.families.revoke("family-1")

    assert Unknown() == await redeem(issued, "a")

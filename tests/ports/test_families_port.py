"""Refresh tokens and families, in every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.nhs.trust import Vector
from gpic.provider.ports import Binding, Grant, JtiReplayed, JtiUse, Reused, Rotated, Rotation, TooWide, Unknown
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
BINDING = Binding("partner", "https://partner.example/callback")
GRANT = Grant("family-1", "partner", "subject-1", frozenset({"openid"}), "nonce", Vector.parse("P9.Cm"), NOW, "session-1")


async def rotate(
    cabinets: Cabinets,
    token: str,
    successor: str,
    *,
    at: datetime = NOW,
    client: str = "partner",
    jti: str = "",
    asked: frozenset[str] = frozenset(),
) -> Rotation:
    """Rotate with an assertion of its own."""
    use = JtiUse(client, jti or f"{token}-{successor}", at + timedelta(minutes=5))
    return await cabinets.families.rotate(token, client, use, at, asked=asked, successor=successor)


@pytest.fixture
async def granted(cabinets: Cabinets) -> Cabinets:
    """Cabinets in which the refresh token r1 is good."""
    await cabinets.codes.save("code-1", BINDING, GRANT, NOW + timedelta(minutes=10))
    await cabinets.codes.redeem(
        "code-1", BINDING, JtiUse("partner", "first", NOW + timedelta(hours=1)), NOW, refresh_token="r1"
    )
    return cabinets


async def test_the_latest_refresh_token_is_replaced(granted: Cabinets) -> None:
    """Each gives way to its successor, which is then the latest."""
    assert Rotated(GRANT, "r2") == await rotate(granted, "r1", "r2")
    assert Rotated(GRANT, "r3") == await rotate(granted, "r2", "r3")


async def test_callers_at_the_same_moment_get_the_same_successor(granted: Cabinets) -> None:
    """Two workers of a partner refresh at once: one token comes of it, and nobody is thrown out."""
    answers = await asyncio.gather(*(rotate(granted, "r1", f"s{number}") for number in range(8)))

    assert 1 == len(set(answers))
    assert await granted.families.is_alive("family-1")


@pytest.mark.parametrize(("after", "alive"), [(timedelta(seconds=30), True), (timedelta(seconds=30) + TICK, False)])
async def test_the_grace_is_thirty_seconds(granted: Cabinets, after: timedelta, *, alive: bool) -> None:
    """Within it the predecessor gets the same successor; afterwards its return ends the family."""
    await rotate(granted, "r1", "r2")

    assert (Rotated(GRANT, "r2") if alive else Reused()) == await rotate(granted, "r1", "other", at=NOW + after)
    assert alive == await granted.families.is_alive("family-1")
    assert (Rotated(GRANT, "r3") if alive else Unknown()) == await rotate(granted, "r2", "r3", at=NOW + after)


async def test_only_the_predecessor_has_a_grace(granted: Cabinets) -> None:
    """A token whose successor was replaced too is an old one, however young."""
    await rotate(granted, "r1", "r2")
    await rotate(granted, "r2", "r3")

    assert Reused() == await rotate(granted, "r1", "other")
    assert Unknown() == await rotate(granted, "r3", "r4")


async def test_a_refresh_token_belongs_to_its_client(granted: Cabinets) -> None:
    """In other hands it is unknown, and stays good in the right ones."""
    assert Unknown() == await rotate(granted, "r1", "r2", client="thief")
    assert Rotated(GRANT, "r2") == await rotate(granted, "r1", "r2")
    assert Unknown() == await rotate(granted, "r1", "r3", client="thief")
    assert await granted.families.is_alive("family-1")


@pytest.mark.parametrize(("after", "good"), [(timedelta(days=30) - TICK, True), (timedelta(days=30), False)])
async def test_a_refresh_token_lives_thirty_days(granted: Cabinets, after: timedelta, *, good: bool) -> None:
    """Each successor anew."""
    later = NOW + timedelta(days=1)
    await rotate(granted, "r1", "r2", at=later)

    assert (Rotated(GRANT, "r3") if good else Unknown()) == await rotate(granted, "r2", "r3", at=later + after)


async def test_an_assertion_is_used_once(granted: Cabinets) -> None:
    """Also across codes and refresh tokens; a replay looks nothing up."""
    assert JtiReplayed() == await rotate(granted, "r1", "r2", jti="first")
    assert Rotated(GRANT, "r2") == await rotate(granted, "r1", "r2")


async def test_a_refresh_that_asks_for_too_much_spends_nothing(granted: Cabinets) -> None:
    """Attacks 22: scopes only narrow; the refresh token is as good as before, and its assertion is spent all the same."""
    wide = frozenset({"openid", "profile"})

    assert TooWide() == await rotate(granted, "r1", "r2", asked=wide, jti="spent")
    assert JtiReplayed() == await rotate(granted, "r1", "r2", jti="spent")
    assert Unknown() == await rotate(granted, "r2", "r3")
    assert Rotated(GRANT, "r2") == await rotate(granted, "r1", "r2", asked=GRANT.scopes)


async def test_a_lost_answer_is_not_told_again_to_who_asks_for_too_much(granted: Cabinets) -> None:
    """Attacks 22: nor does it harm within the grace; afterwards it is reuse, whatever is asked for."""
    wide = frozenset({"profile"})
    await rotate(granted, "r1", "r2")

    assert TooWide() == await rotate(granted, "r1", "x", asked=wide, jti="within")
    assert await granted.families.is_alive("family-1")
    assert Reused() == await rotate(granted, "r1", "y", asked=wide, jti="later", at=NOW + timedelta(seconds=30) + TICK)
    assert not await granted.families.is_alive("family-1")


async def test_a_revoked_family_is_over(granted: Cabinets) -> None:
    """N6: its tokens are unknown from then on."""
    await granted.families.revoke("family-1")

    assert not await granted.families.is_alive("family-1")
    assert Unknown() == await rotate(granted, "r1", "r2")


async def test_who_stops_sharing_ends_the_tokens_that_were_given(granted: Cabinets) -> None:
    """N6: those of this person at this partner, for good: who agrees anew logs in anew."""
    others = {
        "others": replace(GRANT, family="others", subject="subject-2"),
        "elsewhere": replace(GRANT, family="elsewhere", client_id="other"),
    }
    for name, grant in others.items():
        await granted.codes.save(name, BINDING, grant, NOW + timedelta(minutes=10))

    await granted.consents.agree("subject-1", "partner", GRANT.scopes, NOW)
    await granted.consents.withdraw("subject-1", "partner", NOW)
    await granted.consents.agree("subject-1", "partner", GRANT.scopes, NOW)

    assert not await granted.families.is_alive("family-1")
    assert Unknown() == await rotate(granted, "r1", "r2")
    assert [True, True] == [await granted.families.is_alive(family) for family in others]


async def test_a_family_that_never_was_is_not_alive(cabinets: Cabinets) -> None:
    """To revoke it does nothing."""
    await cabinets.families.revoke("nobody")

    assert not await cabinets.families.is_alive("nobody")

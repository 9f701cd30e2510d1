"""Clients and consents, in every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.nhs.trust import Vector
from gpic.provider.clients import AudiencePolicy, Client
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLIENT = Client(
    client_id="partner",
    name="Ä partner",
    redirect_uris=frozenset({"https://partner.example/b", "https://partner.example/a"}),
    scopes=frozenset({"openid", "gp_integration_credentials"}),
    keys=("second\nkey", "first\nkey"),
    vectors=(Vector.parse("P5.Cp.Cd"), Vector.parse("P9.Cm")),
    im1_enabled=True,
    disabled=True,
    audience_policy=AudiencePolicy.LENIENT,
)


async def test_a_client_is_kept_whole(cabinets: Cabinets) -> None:
    """Disabled or not, with keys and vectors in their order."""
    await cabinets.clients.put(CLIENT)

    assert CLIENT == await cabinets.clients.get("partner")


async def test_a_client_put_again_is_replaced_whole(cabinets: Cabinets) -> None:
    """N6: a removed mark is gone."""
    changed = replace(CLIENT, im1_enabled=False, disabled=False, scopes=frozenset(), redirect_uris=frozenset())
    await cabinets.clients.put(CLIENT)
    await cabinets.clients.put(changed)

    assert changed == await cabinets.clients.get("partner")


async def test_an_unknown_client_is_none(cabinets: Cabinets) -> None:
    """Nobody registered it."""
    assert None is await cabinets.clients.get("nobody")


async def test_nothing_is_shared_unless_agreed(cabinets: Cabinets) -> None:
    """Neither with this partner nor, after an agreement, with another or of another person."""
    await cabinets.consents.agree("subject-1", "partner", frozenset({"profile"}), NOW)

    assert frozenset({"profile"}) == await cabinets.consents.agreed("subject-1", "partner")
    assert frozenset() == await cabinets.consents.agreed("subject-1", "other")
    assert frozenset() == await cabinets.consents.agreed("subject-2", "partner")


async def test_agreeing_adds(cabinets: Cabinets) -> None:
    """Also when two pages are answered at once."""
    scopes = [frozenset({"openid", f"scope-{number}"}) for number in range(6)]
    await asyncio.gather(*(cabinets.consents.agree("subject-1", "partner", one, NOW) for one in scopes))

    assert frozenset().union(*scopes) == await cabinets.consents.agreed("subject-1", "partner")


async def test_withdrawing_shares_nothing_until_the_person_agrees_anew(cabinets: Cabinets) -> None:
    """N6: and then only what is agreed anew."""
    await cabinets.consents.agree("subject-1", "partner", frozenset({"profile", "gp_integration_credentials"}), NOW)
    await cabinets.consents.withdraw("subject-1", "partner", NOW + timedelta(minutes=1))

    assert frozenset() == await cabinets.consents.agreed("subject-1", "partner")

    await cabinets.consents.agree("subject-1", "partner", frozenset({"profile"}), NOW + timedelta(minutes=2))

    assert frozenset({"profile"}) == await cabinets.consents.agreed("subject-1", "partner")


async def test_withdrawing_concerns_one_partner(cabinets: Cabinets) -> None:
    """Others keep what was agreed with them."""
    await cabinets.consents.agree("subject-1", "partner", frozenset({"profile"}), NOW)
    await cabinets.consents.agree("subject-1", "other", frozenset({"profile"}), NOW)
    await cabinets.consents.withdraw("subject-1", "partner", NOW)

    assert frozenset({"profile"}) == await cabinets.consents.agreed("subject-1", "other")

"""A login that ends since a code or a token came back is written down, in every implementation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import AuditEvent
from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.accounts import Account, SignInSecrets
from gpic.provider.ports import AlreadyUsed, Binding, Grant, JtiUse, Reused
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BINDING = Binding("partner", "https://partner.example/callback")
GRANT = Grant("family-1", "partner", "subject-1", frozenset({"openid"}), "nonce", Vector.parse("P9.Cm"), NOW, "session-1")
PERSON = PersonId("person-1")


def use(jti: str) -> JtiUse:
    """An assertion's one use."""
    return JtiUse("partner", jti, NOW + timedelta(minutes=5))


@pytest.fixture
async def redeemed(cabinets: Cabinets) -> Cabinets:
    """Somebody whose code became tokens."""
    account = Account("subject-1", PERSON, "somebody@mail.example", "07700900982", ProofingLevel.P0)
    await cabinets.accounts.put(account, SignInSecrets(""))
    await cabinets.codes.save("code-1", BINDING, GRANT, NOW + timedelta(minutes=10))
    await cabinets.codes.redeem("code-1", BINDING, use("first"), NOW, refresh_token="r1")
    return cabinets


async def trail(cabinets: Cabinets) -> list[tuple[AuditEvent, str, str]]:
    """What is written down about them."""
    return [(one.event, one.client_id, one.why) for one in await cabinets.holdings.trail(PERSON)]


async def test_a_code_that_comes_back_is_written_down_once(redeemed: Cabinets) -> None:
    """N7, attacks 13: whose login it was, which partner's, and why; a third use adds nothing."""
    assert [] == await trail(redeemed)
    again = [await redeemed.codes.redeem("code-1", BINDING, use(jti), NOW, refresh_token=jti) for jti in ("b", "c")]

    assert [AlreadyUsed()] * 2 == again
    assert [(AuditEvent.REVOKED, "partner", "code-came-back")] == await trail(redeemed)


async def test_a_refresh_token_that_comes_back_is_written_down(redeemed: Cabinets) -> None:
    """N7, attacks 22: after its grace."""
    late = NOW + timedelta(minutes=1)
    await redeemed.families.rotate("r1", "partner", use("b"), NOW, successor="r2")

    assert Reused() == await redeemed.families.rotate("r1", "partner", use("c"), late, successor="x")
    assert [(AuditEvent.REVOKED, "partner", "refresh-token-came-back")] == await trail(redeemed)


async def test_a_proof_that_does_not_fit_is_written_down(redeemed: Cabinets) -> None:
    """N7, attacks 14: the provider ends the family by name."""
    await redeemed.families.revoke("family-1")

    assert [(AuditEvent.REVOKED, "partner", "proof-did-not-fit")] == await trail(redeemed)


async def test_a_login_of_somebody_who_is_gone_ends_without_a_line(redeemed: Cabinets) -> None:
    """There is nobody whom it could be written down about."""
    orphan = replace(GRANT, family="family-2", subject="nobody")
    await redeemed.codes.save("code-2", BINDING, orphan, NOW + timedelta(minutes=10))
    await redeemed.families.revoke("family-2")

    assert not await redeemed.families.is_alive("family-2")
    assert [] == await trail(redeemed)

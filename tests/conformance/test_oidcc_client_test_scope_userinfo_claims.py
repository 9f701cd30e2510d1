"""OpenID Foundation, RP plan, `oidcc-client-test-scope-userinfo-claims`: scopes are asked for, and their claims read."""

from __future__ import annotations

import pytest

from gpic.nhs.credentials import Demographics
from gpic.relying_party import Connected
from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_claims_come_from_userinfo(rp: Rp) -> None:
    """§4: the scopes of the settings; what userinfo says reaches the surgery."""
    outcome = await rp.log_in()

    assert isinstance(outcome, Connected)
    assert ["openid", "profile", "gp_integration_credentials"] == rp.suite.asked["scope"].split()
    assert Demographics("Ashworth", "1984-02-17") == outcome.person.demographics

"""OpenID Foundation, RP plan, `oidcc-client-test-discovery-openid-config`: the provider is found by discovery."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_endpoints_are_found_by_discovery(rp: Rp) -> None:
    """Below the issuer, and asked for once for two logins."""
    await rp.accepts()
    await rp.accepts()

    assert 1 == rp.suite.seen.count(".well-known/openid-configuration")

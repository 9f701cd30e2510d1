"""OpenID Foundation, RP plan, `oidcc-client-test`: the whole flow, with what the suite looks at on the way."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_the_code_flow_ends_in_a_session(rp: Rp) -> None:
    """R2: discovery, request, code, assertion, keys, userinfo, in this order and each once."""
    await rp.accepts()

    configuration = ".well-known/openid-configuration"
    assert [configuration, "authorize", "token", "jwks", "userinfo"] == rp.suite.seen
    assert ["link", "session"] == rp.surgery.calls
    assert rp.suite.asked["state"] != rp.suite.asked["nonce"]

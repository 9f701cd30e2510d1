"""OpenID Foundation, RP plan, `oidcc-client-test-signing-key-rotation-just-before-signing`: new keys during a login."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_a_key_that_changes_during_a_login_is_fetched(rp: Rp) -> None:
    """`attacks-and-interop.md` 35: the keys were looked at a moment before."""
    await rp.accepts()
    rp.suite.before_signing = lambda: setattr(rp.suite, "signing", "rotated")
    await rp.accepts()
    await rp.accepts()

    assert 2 == rp.suite.seen.count("jwks")

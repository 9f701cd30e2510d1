"""OpenID Foundation, RP plan, `oidcc-client-test-signing-key-rotation`: a key that changed between two logins."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_a_key_that_changed_is_fetched(rp: Rp) -> None:
    """`attacks-and-interop.md` 35: at once, not after a pause."""
    await rp.accepts()
    rp.suite.signing = "rotated"
    await rp.accepts()

    assert 2 == rp.suite.seen.count("jwks")

"""OpenID Foundation, RP plan, `oidcc-client-test-kid-absent-multiple-jwks`: an ID token without kid, and several keys."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_the_key_is_found_among_several(rp: Rp) -> None:
    """R13: any of the published signing keys may have made it; none that is not published."""
    rp.suite.header = {"kid": None}
    rp.suite.published = [rp.suite.public("another"), rp.suite.public("suite")]
    await rp.accepts()
    rp.suite.signing, rp.suite.seen, rp.surgery.calls = "forged", [], []

    await rp.refuses()

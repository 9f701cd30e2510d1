"""OpenID Foundation, RP plan, `oidcc-client-test-invalid-sig-rs256`: an ID token with a wrong signature is refused."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_a_wrong_signature_is_refused(rp: Rp) -> None:
    """R13: one that was altered, and one of a key that is not published under this name."""
    rp.suite.bend = lambda token: token[:-8] + ("A" if token[-8] != "A" else "B") + token[-7:]
    await rp.refuses()
    rp.suite.bend, rp.suite.published = str, [rp.suite.public("suite")]
    rp.suite.signing, rp.suite.header = "forged", {"kid": "suite"}

    await rp.refuses()

"""OpenID Foundation, RP plan, `oidcc-client-test-nonce-invalid`: an ID token for another attempt is refused."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_an_id_token_for_another_attempt_is_refused(rp: Rp) -> None:
    """R13: nonce, another or none."""
    for nonce in ("another", None):
        rp.suite.claims = {"nonce": nonce}

        await rp.refuses()

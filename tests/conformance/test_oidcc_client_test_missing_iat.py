"""OpenID Foundation, RP plan, `oidcc-client-test-missing-iat`: an ID token of no date is refused."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_an_id_token_without_iat_is_refused(rp: Rp) -> None:
    """R13: iat."""
    rp.suite.claims = {"iat": None}

    await rp.refuses()

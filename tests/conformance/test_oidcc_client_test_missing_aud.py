"""OpenID Foundation, RP plan, `oidcc-client-test-missing-aud`: an ID token for nobody is refused."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_an_id_token_without_aud_is_refused(rp: Rp) -> None:
    """R13: aud."""
    rp.suite.claims = {"aud": None}

    await rp.refuses()

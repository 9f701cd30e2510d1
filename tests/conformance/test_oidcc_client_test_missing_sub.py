"""OpenID Foundation, RP plan, `oidcc-client-test-missing-sub`: an ID token of nobody is refused."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_an_id_token_without_sub_is_refused(rp: Rp) -> None:
    """R13: sub."""
    rp.suite.claims = {"sub": None}

    await rp.refuses()

"""OpenID Foundation, RP plan, `oidcc-client-test-idtoken-sig-rs256`: RS256 where it is registered."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_rs256_is_accepted_where_it_is_allowed(rp: Rp) -> None:
    """R13: the algorithms are a setting; by default RS512 alone."""
    rp.suite.header = {"alg": "RS256"}

    await (rp.accepts() if rp.suite.algorithm == "RS256" else rp.refuses())

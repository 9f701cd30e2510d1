"""OpenID Foundation, RP plan, `oidcc-client-test-userinfo-bearer-header`: the access token travels in the header."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_the_access_token_travels_in_the_header(rp: Rp) -> None:
    """RFC 6750: the suite refuses any other way; no query holds it."""
    await rp.accepts()

    assert 1 == rp.suite.seen.count("userinfo")

"""OpenID Foundation, RP plan, `oidcc-client-test-kid-absent-single-jwks`: an ID token without kid, and one key."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_the_only_key_serves_a_token_without_kid(rp: Rp) -> None:
    """R13: a token that names no key is verified with the one that there is, named or not."""
    rp.suite.header = {"kid": None}
    await rp.accepts()
    rp.suite.published = [rp.suite.public("suite", kid=None)]
    await rp.accepts()

"""OpenID Foundation, RP plan, `oidcc-client-test-invalid-iss`: an ID token of another issuer is refused."""

from __future__ import annotations

import pytest

from tests.conformance.rp import ISSUER, Rp

pytestmark = pytest.mark.anyio


async def test_an_id_token_of_another_issuer_is_refused(rp: Rp) -> None:
    """R13: iss."""
    rp.suite.claims = {"iss": ISSUER.rstrip("/")}

    await rp.refuses()

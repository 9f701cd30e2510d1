"""OpenID Foundation, RP plan, `oidcc-client-test-invalid-aud`: an ID token for another client is refused."""

from __future__ import annotations

import pytest

from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_an_id_token_for_another_client_is_refused(rp: Rp) -> None:
    """R13: aud, alone or beside ours."""
    for audience in ("somebody-else", ["riverside", "somebody-else"]):
        rp.suite.claims = {"aud": audience}

        await rp.refuses()

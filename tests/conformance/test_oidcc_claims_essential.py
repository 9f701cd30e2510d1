"""OpenID Foundation, OP plan, `oidcc-claims-essential`: the `claims` parameter is ignored."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_essential_claims_are_ignored(op: Op) -> None:
    """§2: claims come by scope alone."""
    answer = await op.authorize(claims='{"userinfo": {"name": {"essential": true}}}', scope="openid")
    tokens = await op.tokens(answer)

    assert {"iss", "sub", "aud"} == set((await op.userinfo(tokens["access_token"])).json())

"""OpenID Foundation, OP plan, `oidcc-ensure-other-scope-order-succeeds`: the order of scopes says nothing."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_openid_may_come_last(op: Op) -> None:
    """§2: `openid` need not be the first."""
    tokens = await op.tokens(await op.authorize(scope="email openid"))

    assert "email" in (await op.userinfo(tokens["access_token"])).json()

"""OpenID Foundation, OP plan, `oidcc-scope-address`: a scope that NHS login does not know is ignored."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_scope_address_is_ignored(op: Op) -> None:
    """§2: values that are not understood do no harm, and no claim comes of them."""
    tokens = await op.tokens(await op.authorize(scope="openid address"))

    assert ["openid"] == tokens["scope"].split()
    assert {"iss", "sub", "aud"} == set((await op.userinfo(tokens["access_token"])).json())

"""OpenID Foundation, OP plan, `oidcc-scope-all`: every standard scope at once."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_all_scopes_at_once(op: Op) -> None:
    """§4: each gives its own; the unknown one nothing."""
    tokens = await op.tokens(await op.authorize(scope="openid profile email address phone"))
    claims = (await op.userinfo(tokens["access_token"])).json()

    assert {"family_name", "email", "phone_number"} <= set(claims)
    assert {"openid", "profile", "email", "phone"} == set(tokens["scope"].split())

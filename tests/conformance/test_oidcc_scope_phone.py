"""OpenID Foundation, OP plan, `oidcc-scope-phone`: scope `phone`."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_scope_phone_gives_the_number(op: Op) -> None:
    """§4: whether it is verified, and whether PDS has the same."""
    tokens = await op.tokens(await op.authorize(scope="openid phone"))
    claims = (await op.userinfo(tokens["access_token"])).json()

    wanted = {"phone_number", "phone_number_verified", "phone_number_pds_matched"}
    assert {"iss", "sub", "aud"} | wanted == set(claims)

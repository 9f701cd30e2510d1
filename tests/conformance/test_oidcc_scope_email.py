"""OpenID Foundation, OP plan, `oidcc-scope-email`: scope `email`."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_scope_email_gives_the_address(op: Op) -> None:
    """§4: and whether it is verified."""
    tokens = await op.tokens(await op.authorize(scope="openid email"))
    claims = (await op.userinfo(tokens["access_token"])).json()

    assert {"iss", "sub", "aud", "email", "email_verified"} == set(claims)
    assert isinstance(claims["email_verified"], bool)

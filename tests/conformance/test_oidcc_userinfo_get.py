"""OpenID Foundation, OP plan, `oidcc-userinfo-get`: userinfo by GET."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_userinfo_by_get(op: Op) -> None:
    """§5: JSON with iss, sub and aud, the sub being the ID token's."""
    tokens = await op.tokens(await op.authorize())
    response = await op.userinfo(tokens["access_token"])
    claims = response.json()

    assert "application/json" == response.headers["content-type"].split(";")[0]
    assert (op.issuer, op.client_id) == (claims["iss"], claims["aud"])
    assert (await op.read(tokens["id_token"]))["sub"] == claims["sub"]

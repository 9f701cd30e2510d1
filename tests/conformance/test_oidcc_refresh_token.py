"""OpenID Foundation, OP plan, `oidcc-refresh-token`: a refresh token gives new tokens."""

from __future__ import annotations

import pytest

from tests.conformance.op import OTHER_CLIENT_ID, Op

pytestmark = pytest.mark.anyio


async def test_a_refresh_token_gives_an_access_token(op: Op) -> None:
    """§3: a new one, without an ID token, and the latest refresh token only."""
    tokens = await op.tokens(await op.authorize(scope="openid email"))
    response = await op.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    fresh = response.json()

    assert 200 == response.status_code
    assert "id_token" not in fresh
    assert tokens["refresh_token"] != fresh["refresh_token"]
    assert tokens["access_token"] != fresh["access_token"]
    assert "email" in (await op.userinfo(fresh["access_token"])).json()


async def test_another_client_cannot_use_it(op: Op) -> None:
    """§3: it is bound to its client."""
    tokens = await op.tokens(await op.authorize())
    op.client_id = OTHER_CLIENT_ID
    stolen = await op.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    assert (400, "invalid_grant") == (stolen.status_code, stolen.json()["error"])

"""OpenID Foundation, OP plan, `oidcc-codereuse-30seconds`: a code that comes back kills the tokens of its first use."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_the_tokens_of_a_code_used_twice_stop_working(op: Op) -> None:
    """Attack 13: live access tokens at userinfo and the refresh token included, however late it comes."""
    answer = await op.authorize()
    tokens = await op.tokens(answer)
    before = await op.userinfo(tokens["access_token"])
    op.stage.world_clock.move(timedelta(seconds=31))
    await op.redeem(answer.code)
    after = await op.userinfo(tokens["access_token"])
    refreshed = await op.post_token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    assert (200, 401) == (before.status_code, after.status_code)
    assert 'error="invalid_token"' in after.headers["www-authenticate"]
    assert (400, "invalid_grant") == (refreshed.status_code, refreshed.json()["error"])

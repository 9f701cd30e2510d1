"""Attack 13: a code that was used once already.

Without this in `src/gpic/storage/provider/sql/codes.py`:
    - codes.c.spent_at.is_(None),
Without this in `src/gpic/storage/provider/sql/codes.py`:
    - grants.revoke(connection, family, at, "code-came-back")
Without this in `src/gpic/provider/userinfo/bearer.py`:
    - if not await gate.families.is_alive(verified.text("family")):
    + if False:
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.attacks.conftest import GP_SCOPE, Scene
from tests.conformance.op import OTHER_CLIENT_ID

pytestmark = pytest.mark.anyio


async def test_a_second_use_ends_everything_that_the_first_one_gave(scene: Scene) -> None:
    """invalid_grant; refresh token and live access token stop working, no GP credentials leave, the trail says why (N6, N7)."""
    op = scene.op
    code = (await op.authorize(scope=GP_SCOPE)).code
    first = (await op.redeem(code)).json()
    before = await scene.releases()
    second = await op.redeem(code)
    refreshed = await op.post_token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    claims = await op.userinfo(first["access_token"])

    assert (400, "invalid_grant") == (second.status_code, second.json()["error"])
    assert (400, "invalid_grant") == (refreshed.status_code, refreshed.json()["error"])
    assert (401, 'error="invalid_token"') == (claims.status_code, claims.headers["www-authenticate"].split(", ")[1])
    assert "the code was used before; its tokens are revoked" in scene.log.details
    assert "the family is revoked" in scene.log.details
    assert before == await scene.releases()
    assert ("revoked", op.client_id, "code-came-back") == (await scene.trail())[-1]


async def test_of_twenty_at_one_moment_one_is_answered(scene: Scene) -> None:
    """Spending is one statement."""
    op = scene.op
    code = (await op.authorize()).code
    answers = await asyncio.gather(*(op.redeem(code) for _ in range(20)))

    assert [200] + [400] * 19 == sorted(answer.status_code for answer in answers)


async def test_a_wrong_client_neither_spends_nor_revokes(scene: Scene) -> None:
    """Whoever found a code in a log does no harm with it."""
    op = scene.op
    code = (await op.authorize()).code
    thief = replace(op, client_id=OTHER_CLIENT_ID)
    stolen = await thief.redeem(code, redirect_uri=op.redirect_uri)

    assert (400, "invalid_grant") == (stolen.status_code, stolen.json()["error"])
    assert "the code is unknown, expired or somebody else's" in scene.log.details
    assert 200 == (await op.redeem(code)).status_code

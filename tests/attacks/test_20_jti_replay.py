"""Attack 20: an assertion that was overheard, once more.

Without this in `src/gpic/storage/provider/sql/codes.py`:
    - if not grants.claim(connection, use, now):
    + if False:
Without this in `src/gpic/storage/provider/sql/families.py`:
    - if not grants.claim(connection, use, now):
    + if False:
Without this in `src/gpic/jose/verify.py`:
    - if policy.longest_life is not None and expires > policy.now + policy.longest_life + policy.skew:
    + if False:
nor this in `src/gpic/jose/verify.py`:
    - if verified.expires - verified.issued_at > policy.longest_life + policy.skew:
    + if False:
"""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio


async def test_an_assertion_is_good_once(scene: Scene) -> None:
    """Whatever the first answer was: after a refusal, too. The second code is not spent by it."""
    op = scene.op
    one, other = (await op.authorize()).code, (await op.authorize()).code
    assertion, wasted = op.assertion(), op.assertion()
    first, second = [await op.redeem(code, client_assertion=assertion) for code in (one, other)]
    refused, after = [await op.redeem(code, client_assertion=wasted) for code in ("no code", other)]

    assert 200 == first.status_code
    assert ["invalid_client", "invalid_grant", "invalid_client"] == [one.json()["error"] for one in (second, refused, after)]
    assert f"the assertion was used before (client {op.client_id})" in scene.log.details
    assert 200 == (await op.redeem(other)).status_code


async def test_for_refreshing_it_is_good_once_too(scene: Scene) -> None:
    """One list of uses for both grants; the refresh token stays as good as it was."""
    op = scene.op
    tokens, assertion = await op.tokens(await op.authorize()), op.assertion()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answers = [
        await op.redeem("no code", client_assertion=assertion),
        await op.post_token(**refresh, client_assertion=assertion),
    ]

    assert ["invalid_grant", "invalid_client"] == [answer.json()["error"] for answer in answers]
    assert 200 == (await op.post_token(**refresh)).status_code


async def test_of_twenty_at_one_moment_one_is_heard(scene: Scene) -> None:
    """Insert-if-absent, in the transaction of the redemption."""
    op = scene.op
    codes = [(await op.authorize()).code for _ in range(10)]
    assertion = op.assertion()
    answers = await asyncio.gather(*(op.redeem(code, client_assertion=assertion) for code in codes))

    assert [200] + [400] * 9 == sorted(answer.status_code for answer in answers)


async def test_an_assertion_for_years_is_refused(scene: Scene) -> None:
    """Or the list of uses would grow for years."""
    answer = await scene.op.redeem("no code", client_assertion=scene.op.assertion(exp=int(time.time()) + 4000))

    assert "invalid_client" == answer.json()["error"]
    assert any("too far ahead" in str(detail) for detail in scene.log.details)

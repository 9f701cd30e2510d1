"""Attack 24: an access token where it is logged, or two at once.

Without this in `src/gpic/provider/userinfo/bearer.py`:
    - if is_sent_elsewhere or len(authorizations) > 1:
    + if len(authorizations) > 1:
Without this in `src/gpic/provider/userinfo/bearer.py`:
    - if is_sent_elsewhere or len(authorizations) > 1:
    + if is_sent_elsewhere:
"""

from __future__ import annotations

import pytest

from tests.attacks.conftest import GP_SCOPE, Scene

pytestmark = pytest.mark.anyio


async def test_a_token_travels_in_one_header_alone(scene: Scene) -> None:
    """invalid_request for every other way, none of which gives GP credentials; 401 with a challenge for none at all."""
    op = scene.op
    token = (await op.tokens(await op.authorize(scope=GP_SCOPE)))["access_token"]
    before, where = await scene.releases(), f"{op.issuer}/userinfo"
    bearer = {"authorization": f"Bearer {token}"}
    twice = [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")]
    refused = [
        await op.http.get(where, params={"access_token": token}),
        await op.http.get(where, params={"access_token": token}, headers=bearer),
        await op.http.post(where, data={"access_token": token}),
        await op.http.post(where, data={"access_token": token}, headers=bearer),
        await op.http.get(where, headers=twice),
    ]
    without = await op.http.get(where)

    assert [(400, "invalid_request")] * 5 == [(one.status_code, one.json()["error"]) for one in refused]
    assert (401, 'Bearer realm="userinfo"') == (without.status_code, without.headers["www-authenticate"])
    assert scene.log.says("refused", code="invalid_request")
    assert before == await scene.releases()
    assert token not in scene.log.caplog.text.replace(f"access_token={token}", "")


@pytest.mark.parametrize("scheme", ["Basic", "DPoP", "", "Token"])
async def test_another_scheme_opens_nothing(scene: Scene, scheme: str) -> None:
    """401, and a challenge."""
    op = scene.op
    token = (await op.tokens(await op.authorize()))["access_token"]
    answer = await op.http.get(f"{op.issuer}/userinfo", headers={"authorization": f"{scheme} {token}".strip()})

    assert 401 == answer.status_code
    assert answer.headers["www-authenticate"].startswith("Bearer")

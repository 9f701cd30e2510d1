"""Attack 19: one client's signature under another client's name.

Without this in `src/gpic/provider/token/authentication.py`:
    - if form.get("client_id") not in {"", unverified_client_id}:
    + if False:
Without this in `src/gpic/jose/verify.py`:
    - if policy.subject and verified.subject != policy.subject:
    + if False:
"""

from __future__ import annotations

import pytest

from tests.attacks.conftest import Scene
from tests.conformance.op import CLIENT_ID, OTHER_CLIENT_ID

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("claims", "body"),
    [
        ({"sub": OTHER_CLIENT_ID}, None),
        ({"iss": "nobody", "sub": "nobody"}, None),
        ({"iss": "nobody"}, None),
        ({"sub": None}, None),
        ({"iss": None}, None),
        ({"iss": [CLIENT_ID]}, None),
        ({}, OTHER_CLIENT_ID),
        ({}, CLIENT_ID.upper()),
    ],
)
async def test_iss_sub_and_client_id_are_one(scene: Scene, claims: dict[str, object], body: str | None) -> None:
    """invalid_client; nothing is spent, the log has the reason."""
    op, before = scene.op, await scene.releases()
    code = (await op.authorize()).code
    answer = await op.redeem(code, client_assertion=op.assertion(**claims), client_id=body)

    assert (400, "invalid_client") == (answer.status_code, answer.json()["error"])
    assert scene.log.says("refused", code="invalid_client")
    assert 200 == (await op.redeem(code)).status_code
    assert before == await scene.releases()

"""Attack 28: a script of another site that reads our answers in somebody's browser.

Without this in `src/gpic/provider/headers.py`:
    - "X-Content-Type-Options": "nosniff",
    + "Access-Control-Allow-Origin": "*",
"""

from __future__ import annotations

import pytest

from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio

ORIGIN = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}


@pytest.mark.parametrize("path", ["/authorize", "/token", "/userinfo", "/interaction/x", "/trustmark/x", "/nowhere"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_no_other_site_may_read_what_belongs_to_somebody(scene: Scene, path: str, method: str) -> None:
    """No CORS header, no preflight answered."""
    answer = await scene.op.http.request(method, scene.op.issuer + path, headers=ORIGIN)

    assert [] == [name for name in answer.headers if name.startswith("access-control")]
    assert 200 != answer.status_code


async def test_metadata_and_keys_are_open(scene: Scene) -> None:
    """They are public, and never with credentials."""
    for path in ("/.well-known/openid-configuration", "/.well-known/jwks.json"):
        answer = await scene.op.http.get(scene.op.issuer + path, headers=ORIGIN)
        assert "*" == answer.headers["access-control-allow-origin"]
        assert "access-control-allow-credentials" not in answer.headers

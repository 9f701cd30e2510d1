"""OpenID Foundation, OP plan, `oidcc-userinfo-post-body`.

Userinfo by POST with the token in the body is not offered, and is refused cleanly.
"""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_a_token_in_the_body_is_refused(op: Op) -> None:
    """§5: NHS login takes the Authorization header only; RFC 6750 leaves the body to the server."""
    tokens = await op.tokens(await op.authorize())
    response = await op.http.post(f"{op.issuer}/userinfo", data={"access_token": tokens["access_token"]})

    assert (400, "invalid_request") == (response.status_code, response.json()["error"])

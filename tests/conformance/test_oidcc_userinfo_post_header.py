"""OpenID Foundation, OP plan, `oidcc-userinfo-post-header`: userinfo by POST, the token in the header."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_userinfo_by_post(op: Op) -> None:
    """§5: the same answer as by GET."""
    tokens = await op.tokens(await op.authorize())
    posted, got = [await op.userinfo(tokens["access_token"], method) for method in ("POST", "GET")]

    assert (200, got.json()) == (posted.status_code, posted.json())

"""OpenID Foundation, OP plan, `oidcc-login-hint`: `login_hint` is ignored."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_login_hint_is_ignored(op: Op) -> None:
    """§2: without error."""
    assert (await op.authorize(login_hint="somebody@example.test")).code

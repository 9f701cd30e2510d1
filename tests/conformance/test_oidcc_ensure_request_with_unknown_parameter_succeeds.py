"""OpenID Foundation, OP plan, `oidcc-ensure-request-with-unknown-parameter-succeeds`: an unknown parameter is ignored."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_extra_is_ignored(op: Op) -> None:
    """§2: without error."""
    assert (await op.authorize(extra="foobar")).code

"""OpenID Foundation, OP plan, `oidcc-codereuse`: a code works once."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_a_code_works_once(op: Op) -> None:
    """§2: the second use is denied."""
    answer = await op.authorize()
    first, second = [await op.redeem(answer.code) for _ in range(2)]

    assert 200 == first.status_code
    assert (400, "invalid_grant") == (second.status_code, second.json()["error"])

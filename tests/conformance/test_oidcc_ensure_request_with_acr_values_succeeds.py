"""OpenID Foundation, OP plan, `oidcc-ensure-request-with-acr-values-succeeds`: `acr_values` is ignored."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_acr_values_is_ignored(op: Op) -> None:
    """§2: without error."""
    assert (await op.authorize(acr_values="1 2")).code

"""OpenID Foundation, OP plan, `oidcc-claims-locales`: `claims_locales` is ignored."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_claims_locales_is_ignored(op: Op) -> None:
    """§2: without error."""
    assert (await op.authorize(claims_locales="se")).code

"""OpenID Foundation, OP plan, `oidcc-display-page`: `display=page`."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_display_page_is_served(op: Op) -> None:
    """§2: the default."""
    assert (await op.authorize(display="page")).code

"""OpenID Foundation, OP plan, `oidcc-display-popup`: `display=popup`."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_display_popup_is_served(op: Op) -> None:
    """§2: not supported, and treated as page."""
    assert (await op.authorize(display="popup")).code

"""OpenID Foundation, OP plan, `oidcc-ui-locales`: `ui_locales` is ignored."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_ui_locales_is_ignored(op: Op) -> None:
    """§2: without error."""
    assert (await op.authorize(ui_locales="se")).code

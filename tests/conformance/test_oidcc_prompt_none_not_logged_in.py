"""OpenID Foundation, OP plan, `oidcc-prompt-none-not-logged-in`: `prompt=none` without a session."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_nobody_signed_in_is_login_required(op: Op) -> None:
    """§2: nothing is shown, and the partner hears why."""
    answer = await op.authorize(prompt="none", state="kept")

    assert ("login_required", "kept") == (answer.error, answer.parameters["state"])
    assert not answer.asked_to_sign_in

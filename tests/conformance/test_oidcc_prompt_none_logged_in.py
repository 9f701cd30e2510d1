"""OpenID Foundation, OP plan, `oidcc-prompt-none-logged-in`: `prompt=none` with a session."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_a_session_serves_without_a_question(op: Op) -> None:
    """§2, §7: same person, same auth_time, and no page."""
    first = await op.read((await op.tokens(await op.authorize()))["id_token"])
    answer = await op.authorize(prompt="none")
    second = await op.read((await op.tokens(answer))["id_token"])

    assert not answer.asked_to_sign_in
    assert (first["sub"], first["auth_time"]) == (second["sub"], second["auth_time"])
    assert first["jti"] != second["jti"]

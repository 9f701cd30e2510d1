"""OpenID Foundation, OP plan, `oidcc-prompt-login`: `prompt=login` signs in again."""

from __future__ import annotations

import asyncio

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_prompt_login_signs_in_again(op: Op) -> None:
    """§2: the second ID token has a later auth_time."""
    first = await op.read((await op.tokens(await op.authorize()))["id_token"])
    await asyncio.sleep(1.1)
    answer = await op.authorize(prompt="login")
    second = await op.read((await op.tokens(answer))["id_token"])

    assert answer.asked_to_sign_in
    assert int(str(second["auth_time"])) > int(str(first["auth_time"]))
    assert first["sub"] == second["sub"]

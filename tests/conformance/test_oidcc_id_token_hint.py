"""OpenID Foundation, OP plan, `oidcc-id-token-hint`: `id_token_hint` is ignored."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_id_token_hint_is_ignored(op: Op) -> None:
    """§2: with prompt=none the session decides."""
    first = await op.tokens(await op.authorize())
    answer = await op.authorize(prompt="none", id_token_hint=first["id_token"])

    assert (await op.read(first["id_token"]))["sub"] == (await op.read((await op.tokens(answer))["id_token"]))["sub"]

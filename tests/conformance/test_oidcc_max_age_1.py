"""OpenID Foundation, OP plan, `oidcc-max-age-1`.

NHS login does not support max_age: this module must fail in profile strict.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_max_age_is_ignored(op: Op) -> None:
    """§2: ignored without error, so the session still serves."""
    first = await op.read((await op.tokens(await op.authorize()))["id_token"])
    await asyncio.sleep(1.1)
    second = await op.read((await op.tokens(await op.authorize(max_age="1")))["id_token"])

    assert first["auth_time"] == second["auth_time"]

"""OpenID Foundation, OP plan, `oidcc-max-age-10000`: a generous max_age changes nothing."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_a_generous_max_age_changes_nothing(op: Op) -> None:
    """§2: auth_time is issued always, and is the session's."""
    first = await op.read((await op.tokens(await op.authorize()))["id_token"])
    answer = await op.authorize(max_age="10000")

    assert not answer.asked_to_sign_in
    assert first["auth_time"] == (await op.read((await op.tokens(answer))["id_token"]))["auth_time"]

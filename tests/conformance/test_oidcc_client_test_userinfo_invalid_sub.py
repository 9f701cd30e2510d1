"""OpenID Foundation, RP plan, `oidcc-client-test-userinfo-invalid-sub`: userinfo of somebody else is refused."""

from __future__ import annotations

import pytest

from gpic.relying_party import CannotConnect, Obstacle
from tests.conformance.rp import Rp

pytestmark = pytest.mark.anyio


async def test_userinfo_of_somebody_else_is_refused(rp: Rp) -> None:
    """R13: no surgery is called with details of a person who did not log in."""
    rp.suite.said = {"sub": "somebody-else"}

    assert CannotConnect(Obstacle.LOGIN_FAILED, code="userinfo_invalid") == await rp.log_in()
    assert [] == rp.surgery.calls

"""OpenID Foundation, OP plan, `oidcc-ensure-request-without-nonce-succeeds-for-code-flow`.

NHS login's own specification wants a nonce: this module must fail in profile strict.
"""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_a_request_without_nonce_goes_back(op: Op) -> None:
    """§2: nonce is a must."""
    answer = await op.authorize(nonce=None, state="kept")

    assert ("invalid_request", "kept") == (answer.error, answer.parameters["state"])

"""OpenID Foundation, OP plan, `oidcc-response-type-missing`: a request without response_type is refused."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_a_request_without_response_type_goes_back(op: Op) -> None:
    """§2: to the partner, as invalid_request with its state."""
    answer = await op.authorize(response_type=None, state="kept")

    assert ("invalid_request", "kept") == (answer.error, answer.parameters["state"])

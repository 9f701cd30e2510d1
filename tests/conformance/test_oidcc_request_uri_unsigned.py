"""OpenID Foundation, OP plan, `oidcc-request-uri-unsigned`: `request_uri` is refused, and nothing is fetched."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_request_uri_is_not_supported(op: Op) -> None:
    """Attack 4: the code says so."""
    answer = await op.authorize(request_uri="https://partner.example.test/request.jwt")

    assert "request_uri_not_supported" == answer.error
    assert False is (await op.discover())["request_uri_parameter_supported"]

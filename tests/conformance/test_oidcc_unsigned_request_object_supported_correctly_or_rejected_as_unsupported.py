"""OpenID Foundation, OP plan, `oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported`.

`request` is refused as not supported.
"""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_a_request_object_is_not_supported(op: Op) -> None:
    """Attack 4: whatever it says."""
    answer = await op.authorize(request="eyJhbGciOiJub25lIn0.e30.")

    assert "request_not_supported" == answer.error
    assert False is (await op.discover())["request_parameter_supported"]

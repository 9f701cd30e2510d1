"""OpenID Foundation, OP plan, `oidcc-ensure-request-object-with-redirect-uri`.

A redirect URI inside a request object leads nowhere.
"""

from __future__ import annotations

import base64
import json

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


async def test_a_redirect_uri_in_a_request_object_is_not_used(op: Op) -> None:
    """Attacks 2 and 4: the object is not read; the registered address hears why."""
    payload = base64.urlsafe_b64encode(json.dumps({"redirect_uri": "https://evil.test/"}).encode()).rstrip(b"=").decode()
    answer = await op.authorize(request=f"eyJhbGciOiJub25lIn0.{payload}.")

    assert "request_not_supported" == answer.error
    assert answer.page.url.startswith(op.redirect_uri)

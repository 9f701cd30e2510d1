"""OpenID Foundation, OP plan, `oidcc-ensure-registered-redirect-uri`: an unregistered redirect URI is never redirected to."""

from __future__ import annotations

import pytest

from tests.conformance.op import Op

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "trick",
    [
        "{uri}/",
        "{uri}x",
        "{uri}?x=1",
        "{uri}#x",
        "{uri}/../{client}",
        "http://{client}@127.0.0.1/",
        "{upper}",
        "//evil.test/{client}",
    ],
)
async def test_another_redirect_uri_shows_a_page(op: Op, trick: str) -> None:
    """Attack 1: exact match, and an error page of our own otherwise."""
    target = trick.format(uri=op.redirect_uri, client=op.client_id, upper=op.redirect_uri.upper())
    answer = await op.authorize(redirect_uri=target)

    assert (400, {}) == (answer.page.status, answer.parameters)
    assert answer.page.url.startswith(op.issuer)

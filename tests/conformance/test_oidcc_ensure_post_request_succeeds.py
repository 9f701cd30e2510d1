"""OpenID Foundation, OP plan, `oidcc-ensure-post-request-succeeds`: authorization by form POST."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from gpic.sandbox.walk import answer_pages
from tests.conformance.op import Op, answered

pytestmark = pytest.mark.anyio


async def test_a_request_may_be_posted(op: Op) -> None:
    """§2: GET or form POST."""
    form = dict(op.request(state="kept"))
    response = await op.http.post(f"{op.issuer}/authorize", data=form)
    page = await op.browser.open(urljoin(op.issuer, response.headers["location"]))
    answer = answered(await answer_pages(op.browser, page, op.stage.people[op.slug]), op.redirect_uri)

    assert 303 == response.status_code
    assert "kept" == answer.parameters["state"]
    assert (await op.tokens(answer))["id_token"]

"""Attack 7: our page, unseen, under somebody else's buttons.

Without this in `src/gpic/provider/headers.py`:
    - "X-Frame-Options": "DENY",
Without this in `src/gpic/web/rendering.py`:
    - + "; frame-ancestors 'none'; base-uri 'none'"
    + + "; base-uri 'none'"
Without this in `src/gpic/web/rendering.py`:
    - nonce = secrets.token_urlsafe(16)
    + nonce = "always-the-same"
"""

from __future__ import annotations

import re
from urllib.parse import urlencode, urljoin

import pytest

from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio


async def test_no_answer_of_ours_can_be_framed(scene: Scene) -> None:
    """Pages, JSON, errors, assets, redirects: all of them."""
    op = scene.op
    asked = (
        *(f"/authorize?{urlencode(op.request())}", "/authorize?client_id=nobody", "/nowhere", "/interaction/unknown"),
        *("/.well-known/openid-configuration", "/userinfo", "/assets/nothing.css"),
    )
    answers = [await op.http.get(op.issuer + path) for path in asked]

    for answer in answers:
        assert "DENY" == answer.headers["x-frame-options"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "nosniff" == answer.headers["x-content-type-options"]


async def test_a_page_admits_our_scripts_alone_and_its_form_leads_to_this_partner_alone(scene: Scene) -> None:
    """default-src 'none', a nonce that is new for each page, no inline script without it, form-action with the partner."""
    op, policies = scene.op, []
    for _ in range(2):
        there = await op.http.get(f"{op.issuer}/authorize", params=dict(op.request()))
        page = await op.http.get(urljoin(op.issuer, there.headers["location"]))
        policy = page.headers["content-security-policy"]
        (nonce,) = re.findall(r"'nonce-([\w-]+)'", policy)
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert f"form-action 'self' {op.stage.addresses.partner};" in policy
        scripts = re.findall(r"<script\b([^>]*)>", page.text)
        assert all(f'nonce="{nonce}"' in script or "src=" in script for script in scripts)
        assert not re.search(r"\son\w+=|javascript:", page.text)
        policies.append(policy)

    assert policies[0] != policies[1]

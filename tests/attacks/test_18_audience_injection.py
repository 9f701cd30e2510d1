"""Attack 18: a provider that the attacker runs tells the partner to address its assertion to the honest one.

Without this in `src/gpic/relying_party/discovery.py`:
    - if metadata.token_endpoint != settings.token_endpoint:
    + if False:
Without this in `src/gpic/relying_party/token_endpoint.py`:
    - settings.client_id, settings.token_endpoint, settings.key, jti=jti, now=now, life=settings.client_assertion_life
    + settings.client_id, [settings.token_endpoint, "x"], settings.key, jti=jti, now=now, life=settings.client_assertion_life
"""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs

import httpx2
import pytest

from gpic.outbound import open_client
from gpic.relying_party.errors import DiscoveryRefused
from gpic.relying_party.token_endpoint import token_request
from tests.unit.relying_party.world import BROWSER, ISSUER, NOW, settings, world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "endpoint", [f"{ISSUER}/other", "https://honest.example/token", f"{ISSUER}:8443/token", f"{ISSUER}/token/"]
)
async def test_metadata_chooses_no_audience(endpoint: str, caplog: pytest.LogCaptureFixture) -> None:
    """The token endpoint is pinned: another one is refused before anybody is sent anywhere."""
    caplog.set_level("INFO")
    there = world()
    there.nhs_login.metadata = {"token_endpoint": endpoint}

    with pytest.raises(DiscoveryRefused, match="the token endpoint is not the pinned one"):
        await there.party.start(BROWSER)
    assert (0, []) == (there.nhs_login.calls["/token"], there.surgery.calls)
    assert "login not begun: discovery_refused: the token endpoint is not the pinned one" in caplog.text


async def test_an_assertion_names_one_audience_from_our_own_settings() -> None:
    """One string, never a list, and the request goes to the same place."""
    ours = settings()
    async with open_client(ISSUER, transport=httpx2.MockTransport(lambda _: httpx2.Response(200))) as client:
        request = token_request(client, ours, "code", jti="jti", now=NOW)
    (assertion,) = parse_qs(request.content.decode())["client_assertion"]
    payload = assertion.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    assert f"{ISSUER}/token" == claims["aud"] == str(request.url)

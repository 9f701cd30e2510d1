"""Attack 36: metadata that leads the partner to the attacker's endpoints.

Without this in `src/gpic/relying_party/discovery.py`:
    - if metadata.issuer != settings.issuer:
    + if False:
Without this in `src/gpic/relying_party/discovery.py`:
    - if any(origin(endpoint) != origin(settings.issuer) for endpoint in endpoints):
    + if False:
"""

from __future__ import annotations

import pytest

from gpic.relying_party.errors import DiscoveryRefused
from tests.unit.relying_party.world import BROWSER, ISSUER, world

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": ISSUER + "/"},
        {"issuer": ISSUER.upper()},
        {"authorization_endpoint": "https://evil.example/authorize"},
        {"authorization_endpoint": f"{ISSUER}.evil.example/authorize"},
        {"authorization_endpoint": f"{ISSUER}@evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": ISSUER.replace("https", "http") + "/userinfo"},
        {"userinfo_endpoint": f"{ISSUER}:444/userinfo"},
        {"jwks_uri": "https://evil.example/jwks"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://evil.example\\@auth.sandpit.example/jwks"},
        {"jwks_uri": "https://auth.sandpit.example\t/jwks"},
        {"jwks_uri": 7},
    ],
    ids=str,
)
async def test_nobody_is_sent_to_another_host(metadata: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    """The issuer is pinned, and each endpoint lies on its host: refused before anybody goes anywhere, and the log says so."""
    caplog.set_level("INFO")
    there = world()
    there.nhs_login.metadata = metadata

    with pytest.raises(DiscoveryRefused, match="discovery_refused") as told:
        await there.party.start(BROWSER)
    assert "evil" not in str(told.value) + caplog.text
    assert "login not begun: discovery_refused: " in caplog.text
    assert ({"/.well-known/openid-configuration"}, []) == (set(there.nhs_login.calls), there.surgery.calls)

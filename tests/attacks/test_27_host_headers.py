"""Attack 27: a request that says under which name it came.

Without this in `src/gpic/provider/discovery.py`:
    - issuer = self.policy.issuer
    + issuer = "http://evil.example"
Without this in `src/gpic/wiring/http_server.py`:
    - proxy_headers=False,
    + proxy_headers=True,
nor this in `src/gpic/provider/endpoints.py`:
    - target = location if SAFE.fullmatch(location) else quote(location, safe=RESERVED)
    + target = "https://evil.example" + location
nor this in `src/gpic/wiring/front.py`:
    - app.router.redirect_slashes = False
    + app.router.redirect_slashes = True
"""

from __future__ import annotations

import pytest

from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio

EVIL = "evil.example"
HEADERS: list[dict[str, str]] = [
    {"Host": EVIL},
    {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "X-Forwarded-Port": "1"},
    {"Forwarded": f"for=1.2.3.4;host={EVIL};proto=https"},
    {"X-Original-URL": f"https://{EVIL}/", "X-Rewrite-URL": f"https://{EVIL}/"},
    {"Host": f"localhost:1@{EVIL}"},
]


@pytest.mark.parametrize("headers", HEADERS)
async def test_no_request_decides_who_we_are(scene: Scene, headers: dict[str, str]) -> None:
    """Metadata, redirects and tokens carry the issuer of the settings."""
    op = scene.op
    metadata = await op.http.get(f"{op.issuer}/.well-known/openid-configuration", headers=headers)
    there = await op.http.get(f"{op.issuer}/authorize", params=dict(op.request()), headers=headers)
    code = (await op.authorize()).code
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": op.redirect_uri}
    proof = {"client_assertion_type": _TYPE, "client_assertion": op.assertion()}
    tokens = await op.http.post(f"{op.issuer}/token", data=form | proof, headers=headers)

    assert op.issuer == metadata.json()["issuer"]
    assert {op.issuer} == {
        url.rpartition("/")[0] for name, url in metadata.json().items() if name in {"token_endpoint", "userinfo_endpoint"}
    }
    assert there.headers["location"].startswith("/interaction/")
    assert op.issuer == (await op.read(tokens.json()["id_token"]))["iss"]
    assert EVIL not in metadata.text + str(there.headers) + tokens.text


@pytest.mark.parametrize("path", ["authorize", "token", "userinfo", "settings", ".well-known/openid-configuration"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_slash_too_many_leads_to_nobody(scene: Scene, method: str, path: str) -> None:
    """Nor is a form with credentials repeated there: a 307 would be one (attacks 8)."""
    answer = await scene.op.http.request(method, f"{scene.op.issuer}/{path}/", headers={"Host": EVIL}, content=b"")

    assert (404, None) == (answer.status_code, answer.headers.get("location"))


_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

"""Clients that nobody here wrote log in unmodified: the common OpenID libraries of Python and Node.

Each does what its own documentation shows; a person's browser goes the way between.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwk, jwt
from oic.oic import Client as PyOidc
from oic.oic.message import AuthorizationResponse
from oic.utils.authn.client import CLIENT_AUTHN_METHOD
from oic.utils.keyio import KeyBundle
from requests_oauthlib import OAuth2Session as OauthlibSession

from gpic.jose.assertions import AudiencePolicy
from tests.conformance.op import ASSERTION, Op, registered

pytestmark = pytest.mark.anyio

SCOPE: Final = "openid profile email"
NODE: Final = Path(__file__).parent / "node"


async def went(op: Op, url: str) -> str:
    """Where the person's browser ends up when it is sent to *url*: the callback with its parameters."""
    from gpic.sandbox.walk import answer_pages

    page = await answer_pages(op.browser, await op.browser.open(url), op.stage.people[op.slug])
    assert page.url.startswith(op.redirect_uri), page.heading
    return page.url


async def test_authlib_logs_in(op: Op) -> None:
    """Authlib with requests: private_key_jwt with RS512, the token endpoint as audience."""
    metadata = await op.discover()
    session = AuthlibSession(
        op.client_id,
        op.keys.partner.private_pem,
        scope=SCOPE,
        redirect_uri=op.redirect_uri,
        token_endpoint_auth_method=PrivateKeyJWT(str(metadata["token_endpoint"]), alg="RS512"),
    )
    nonce = secrets.token_urlsafe(8)
    url, state = session.create_authorization_url(metadata["authorization_endpoint"], nonce=nonce)
    callback = await went(op, url)

    def finish() -> tuple[dict[str, Any], dict[str, Any]]:
        tokens = session.fetch_token(metadata["token_endpoint"], authorization_response=callback, state=state)
        published = jwk.KeySet.import_key_set(session.get(metadata["jwks_uri"], withhold_token=True).json())
        claims = jwt.decode(tokens["id_token"], published, algorithms=["RS512"]).claims
        return dict(claims), session.get(metadata["userinfo_endpoint"]).json()

    claims, userinfo = await asyncio.to_thread(finish)
    assert (nonce, claims["sub"]) == (claims["nonce"], userinfo["sub"])
    assert "family_name" in userinfo


async def test_requests_oauthlib_logs_in(op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    """requests-oauthlib, which leaves the assertion to its user."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # the sandbox is served over http on loopback
    session = OauthlibSession(op.client_id, scope=SCOPE.split(), redirect_uri=op.redirect_uri)
    url, _ = session.authorization_url(f"{op.issuer}/authorize", nonce="n")
    callback = await went(op, url)

    def finish() -> dict[str, Any]:
        session.fetch_token(
            f"{op.issuer}/token",
            authorization_response=callback,
            client_assertion_type=ASSERTION,
            client_assertion=op.assertion(),
            include_client_id=True,
        )
        userinfo: dict[str, Any] = session.get(f"{op.issuer}/userinfo").json()
        return userinfo

    assert "email" in await asyncio.to_thread(finish)


async def test_pyoidc_logs_in(op: Op, tmp_path: Path) -> None:
    """pyoidc: discovery, its own keys, its own checks of the ID token."""
    key = tmp_path / "key.pem"
    key.write_text(op.keys.partner.private_pem)

    def begin() -> tuple[PyOidc, str, str]:
        client = PyOidc(client_id=op.client_id, client_authn_method=CLIENT_AUTHN_METHOD)
        client.provider_config(op.issuer)
        client.redirect_uris = [op.redirect_uri]
        client.registration_response = {
            "token_endpoint_auth_signing_alg": "RS512",
            "id_token_signed_response_alg": "RS512",
        }
        bundle = KeyBundle(source=f"file://{key}", fileformat="der", keyusage=["sig"])
        client.keyjar.add_kb("", bundle)
        request = {"scope": SCOPE.split(), "response_type": "code", "state": "s-1", "nonce": "n-1"}
        asked = client.construct_AuthorizationRequest(request_args=request | {"redirect_uri": op.redirect_uri})
        return client, str(asked.request(client.authorization_endpoint)), "s-1"

    client, url, state = await asyncio.to_thread(begin)
    callback = await went(op, url)

    def finish() -> tuple[str, str]:
        answer = client.parse_response(AuthorizationResponse, info=callback.split("?")[1], sformat="urlencoded")
        tokens = client.do_access_token_request(
            state=state,
            request_args={"code": answer["code"], "redirect_uri": op.redirect_uri},
            authn_method="private_key_jwt",
            algorithm="RS512",
            authn_endpoint="token",
        )
        return str(tokens["id_token"]["sub"]), str(client.do_user_info_request(method="GET", state=state)["sub"])

    of_the_token, of_userinfo = await asyncio.to_thread(finish)
    assert of_the_token == of_userinfo


@dataclass(frozen=True, slots=True)
class Script:
    """A script that runs in Node, and speaks line by line."""

    process: asyncio.subprocess.Process

    async def says(self) -> str:
        """Its next line; fails with what it complained of."""
        assert self.process.stdout
        assert self.process.stderr
        line = await asyncio.wait_for(self.process.stdout.readline(), 30)
        assert line, (await self.process.stderr.read()).decode()
        return line.decode().strip()

    async def hears(self, line: str) -> None:
        """Tell it something."""
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n".encode())
        await self.process.stdin.drain()


@contextlib.asynccontextmanager
async def running(script: str) -> AsyncIterator[Script]:
    """A script of ours in Node, ended when the block ends."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("Node is not installed")
    pipe = asyncio.subprocess.PIPE
    # A proxy of the machine's must not see loopback traffic.
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    process = await asyncio.create_subprocess_exec(node, NODE / script, stdin=pipe, stdout=pipe, stderr=pipe, env=environment)
    try:
        yield Script(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


@pytest.mark.parametrize(
    ("script", "policy"),
    [("openid_client.mjs", AudiencePolicy.STRICT), ("openid_client_5.mjs", AudiencePolicy.LENIENT)],
)
async def test_node_logs_in(op: Op, script: str, policy: AudiencePolicy) -> None:
    """openid-client 6 names the issuer as audience, 5 both issuer and token endpoint: each client has its policy."""
    op.client_id = f"node-{policy.value}"
    client = replace(registered(op.stage, op.keys, op.client_id), audience_policy=policy)
    await op.stage.nhs_login.cabinets.clients.put(client)
    settings = {
        "issuer": op.issuer,
        "clientId": op.client_id,
        "redirectUri": op.redirect_uri,
        "pem": op.keys.partner.private_pem,
        "scope": SCOPE,
    }
    async with running(script) as node:
        await node.hears(json.dumps(settings))
        await node.hears(await went(op, await node.says()))
        learned = json.loads(await node.says())

    assert learned["sub"] == learned["claims"]["sub"]
    assert {"family_name", "email"} <= set(learned["claims"])
    assert learned["refreshed"]

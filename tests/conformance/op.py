"""NHS login as an OpenID test suite sees it: over HTTP, with tokens read by a JOSE library and nothing of ours."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from joserfc import jwk, jwt

from gpic.nhs.trust import Vector
from gpic.provider.clients import Client
from gpic.sandbox.browser import Browser, Page
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Stage
from gpic.sandbox.walk import answer_pages

CLIENT_ID: Final = "conformance"
OTHER_CLIENT_ID: Final = "conformance-2"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EVERY_SCOPE: Final = (
    "openid",
    "profile",
    "basic_demographics",
    "profile_extended",
    "email",
    "phone",
    "landline",
    "gp_registration_details",
    "gp_integration_credentials",
    "client_metadata",
)
#: What the clients here are registered for: the defaults, and a way to log in at each lower level.
VECTORS: Final = tuple(
    Vector.parse(text) for text in ("P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm", "P5.Cp.Cd", "P0.Cp.Cd", "P0.Cp", "Cp.Cd", "P5")
)

Claims = dict[str, object]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back to the partner: the parameters of the redirect, or a page of NHS login's and its address."""

    parameters: dict[str, str]
    page: Page

    @property
    def code(self) -> str:
        """The code; there must be one."""
        assert "code" in self.parameters, f"no code but {self.parameters or self.page.heading!r}"
        return self.parameters["code"]

    @property
    def error(self) -> str:
        """The error code of a redirect, "" for none."""
        return self.parameters.get("error", "")

    @property
    def asked_to_sign_in(self) -> bool:
        """Whether a sign-in form was among what was shown."""
        return "/interaction/" in " ".join(self.page.way)


@dataclass(slots=True)
class Op:
    """One browser at a provider, and a client registered there."""

    stage: Stage
    keys: SandboxKeys
    browser: Browser
    http: httpx2.AsyncClient
    slug: str = "ada"
    client_id: str = CLIENT_ID
    metadata: dict[str, object] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """Where it is."""
        return self.stage.addresses.provider

    @property
    def redirect_uri(self) -> str:
        """Where answers go to: an address that nothing is served at, so that the way ends there."""
        return f"{self.stage.addresses.partner}/{self.client_id}"

    async def discover(self, path: str = "/.well-known/openid-configuration") -> dict[str, object]:
        """Its metadata."""
        response = await self.http.get(self.issuer + path)
        assert 200 == response.status_code
        self.metadata = response.json()
        return self.metadata

    def request(self, **changes: str | None) -> list[tuple[str, str]]:
        """A good request with these changes; None takes a parameter away."""
        usual: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid profile",
            "state": secrets.token_urlsafe(8),
            "nonce": secrets.token_urlsafe(8),
        }
        return [(name, value) for name, value in (usual | changes).items() if value is not None]

    async def authorize(self, **changes: str | None) -> Answer:
        """Send somebody there, who answers whatever is asked, to where it ends."""
        return await self.send(self.request(**changes))

    async def send(self, pairs: list[tuple[str, str]]) -> Answer:
        """The same with these very parameters."""
        page = await self.browser.open(f"{self.issuer}/authorize?{urlencode(pairs)}")
        way = page.way
        page = await answer_pages(self.browser, page, self.stage.people[self.slug])
        return answered(Page(page.url, page.status, page.document, (*way, *page.way)), self.redirect_uri)

    def assertion(self, **changes: object) -> str:
        """A client assertion as the specification wants it, with these changes."""
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self.issuer}/token",
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_urlsafe(16),
        } | changes
        private = jwk.RSAKey.import_key(self.keys.partner.private_pem)
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "RS512", "typ": "JWT"}, kept, private, algorithms=["RS512"])

    async def post_token(self, **form: str | None) -> httpx2.Response:
        """Ask the token endpoint, authenticated unless the form says otherwise."""
        usual: dict[str, str | None] = {"client_assertion_type": ASSERTION, "client_assertion": self.assertion()}
        return await self.http.post(
            f"{self.issuer}/token", data={name: value for name, value in (usual | form).items() if value is not None}
        )

    async def redeem(self, code: str, /, **form: str | None) -> httpx2.Response:
        """Exchange a code."""
        usual: dict[str, str | None] = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        return await self.post_token(**(usual | form))

    async def tokens(self, answer: Answer, **form: str | None) -> dict[str, str]:
        """The tokens for a code; there must be some."""
        response = await self.redeem(answer.code, **form)
        assert 200 == response.status_code, response.text
        found: dict[str, str] = response.json()
        return found

    async def userinfo(self, access_token: str, method: str = "GET") -> httpx2.Response:
        """The userinfo endpoint with the token in its header."""
        return await self.http.request(method, f"{self.issuer}/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    async def read(self, token: str) -> Claims:
        """A token's claims, once its signature is verified with the published keys."""
        published = (await self.http.get(f"{self.issuer}/.well-known/jwks.json")).json()
        return dict(jwt.decode(token, jwk.KeySet.import_key_set(published), algorithms=["RS512"]).claims)


def answered(page: Page, redirect_uri: str) -> Answer:
    """What a browser's way came to."""
    target = urlsplit(page.url)
    if page.url.split("?")[0] != redirect_uri:
        return Answer({}, page)
    parameters = parse_qs(target.query, keep_blank_values=True)
    assert all(len(values) == 1 for values in parameters.values()), parameters
    return Answer({name: values[0] for name, values in parameters.items()}, page)


def header_of(token: str) -> Claims:
    """A token's protected header, unverified."""
    part = token.split(".", maxsplit=1)[0]
    header: Claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return header


def challenge_of(verifier: str) -> str:
    """PKCE's S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def registered(stage: Stage, keys: SandboxKeys, client_id: str) -> Client:
    """A client as an operator would register it for a test suite."""
    return Client(
        client_id=client_id,
        name="A conformance suite",
        redirect_uris=frozenset({f"{stage.addresses.partner}/{client_id}"}),
        scopes=frozenset(EVERY_SCOPE),
        keys=(keys.partner.public_pem,),
        vectors=VECTORS,
        im1_enabled=True,
    )

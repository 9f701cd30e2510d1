"""An OpenID provider as the Foundation's suite plays it to a relying party: one part of it is wrong, and the kit must notice.

Written with a JOSE library and nothing of ours. The variant is private_key_jwt, response type code, static client, discovery.
"""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx2
from joserfc import jwk, jwt

from gpic.nhs.organisations import OdsCode
from gpic.outbound import open_client
from gpic.relying_party import CannotConnect, Connected, Obstacle, Outcome, RelyingParty, RelyingPartySettings
from gpic.storage.partner.memory import memory_cabinets
from tests.unit.relying_party.world import Surgery, key

#: The suite's issuers have a path and end with a slash.
ISSUER: Final = "https://suite.example/test/a/gpic/"
CALLBACK: Final = "https://riverside.example/callback"
CLIENT_ID: Final = "riverside"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MARY: Final = {"family_name": "Ashworth", "birthdate": "1984-02-17", "nhs_number": "9990001111"}
DETAILS: Final = {"gp_user_id": "2917340058", "gp_ods_code": "A12345", "gp_linkage_key": "kT4m9XqZ2bLp"}
REFUSED: Final = CannotConnect(Obstacle.LOGIN_FAILED, code="id_token_invalid")

Claims = dict[str, object]


def private(name: str) -> jwk.RSAKey:
    """A key as the library holds it; without a name of its own."""
    return jwk.RSAKey.import_key(key(name).private_pem)


@dataclass
class Suite:
    """The provider. What is wrong with it is set by a test; *seen* is what the kit did, in order."""

    algorithm: str
    signing: str = "suite"
    published: list[Claims] = field(default_factory=list)  #: in the place of the signing key alone
    header: Claims = field(default_factory=dict)  #: over the ID token's; None takes one away
    claims: Claims = field(default_factory=dict)  #: over its claims; None takes one away
    said: Claims = field(default_factory=dict)  #: over userinfo's
    metadata: Claims = field(default_factory=dict)
    bend: Callable[[str], str] = str  #: what happens to the ID token on its way
    before_signing: Callable[[], None] = lambda: None
    seen: list[str] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)

    def authorize(self, url: str) -> str:
        """The browser's part: what the kit asked for, and the way back."""
        self.seen.append("authorize")
        assert url.startswith(f"{ISSUER}authorize?")
        self.asked = dict(parse_qsl(urlsplit(url).query))
        assert ("code", CLIENT_ID, CALLBACK) == tuple(
            self.asked[name] for name in ("response_type", "client_id", "redirect_uri")
        )
        assert "openid" in self.asked["scope"].split()
        return str(httpx2.URL(CALLBACK, params={"code": "c0de", "state": self.asked["state"]}))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """The endpoints."""
        path = str(request.url).removeprefix(ISSUER)
        self.seen.append(path)
        answers: dict[str, Callable[[httpx2.Request], Claims]] = {
            ".well-known/openid-configuration": lambda _: self._configuration(),
            "jwks": lambda _: {"keys": self.published or [self.public(self.signing)]},
            "token": self._tokens,
            "userinfo": self._userinfo,
        }
        return httpx2.Response(200, json=answers[path](request))

    def public(self, name: str, **changes: object) -> Claims:
        """The public half of a key as it is published; None takes a member away."""
        named = {**private(name).as_dict(private=False), "kid": name, "use": "sig"} | changes
        return {member: value for member, value in named.items() if value is not None}

    def _configuration(self) -> Claims:
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}authorize",
            "token_endpoint": f"{ISSUER}token",
            "userinfo_endpoint": f"{ISSUER}userinfo",
            "jwks_uri": f"{ISSUER}jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
        } | self.metadata

    def _tokens(self, request: httpx2.Request) -> Claims:
        """Admits the client by its assertion alone."""
        form = dict(parse_qsl(request.content.decode()))
        assert ("authorization_code", "c0de", CALLBACK, ASSERTION) == tuple(
            form[name] for name in ("grant_type", "code", "redirect_uri", "client_assertion_type")
        )
        assert "authorization" not in request.headers
        claims = jwt.decode(form["client_assertion"], private("client"), algorithms=["RS512"]).claims
        assert (CLIENT_ID, CLIENT_ID, f"{ISSUER}token") == (claims["iss"], claims["sub"], claims["aud"])
        assert claims["jti"]
        assert abs(time.time() - claims["iat"]) < 60
        assert time.time() < claims["exp"] < time.time() + 600
        self.before_signing()
        return {"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": self.bend(self.id_token())}

    def id_token(self) -> str:
        """The ID token as it is now."""
        now = int(time.time())
        claims: Claims = {"iss": ISSUER, "sub": "mary", "aud": CLIENT_ID, "nonce": self.asked["nonce"], "iat": now}
        claims |= {"exp": now + 300, "jti": "one", "auth_time": now} | self.claims
        header: Claims = {"alg": self.algorithm, "kid": self.signing} | self.header
        given: dict[str, Any] = {name: value for name, value in header.items() if value is not None}
        told = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(given, told, private(self.signing), algorithms=["RS256", "RS512"])

    def _userinfo(self, request: httpx2.Request) -> Claims:
        assert ("GET", "Bearer at") == (request.method, request.headers["authorization"])
        assert "" == request.url.query.decode()
        return {"sub": "mary", **MARY, "gp_integration_credentials": DETAILS} | self.said


@dataclass
class Rp:
    """The kit, the suite that it is tried with, and a surgery that shows how far a login came."""

    suite: Suite
    surgery: Surgery
    party: RelyingParty

    async def log_in(self) -> Outcome:
        """One login, without the returns that may follow."""
        started = await self.party.start("browser")
        return await self.party.finish("browser", self.suite.authorize(started.url))

    async def accepts(self) -> None:
        """A login comes through to a session."""
        assert isinstance(outcome := await self.log_in(), Connected), outcome
        assert OdsCode("A12345") == outcome.practice

    async def refuses(self) -> None:
        """A login ends at the ID token: no userinfo is asked for, no surgery called."""
        assert REFUSED == await self.log_in()
        assert "userinfo" not in self.suite.seen
        assert [] == self.surgery.calls


def registered(algorithm: str) -> Rp:
    """A kit that is registered with the suite for one algorithm, with the switch for suites that know no vectors of trust."""
    suite, surgery = Suite(algorithm), Surgery()
    party = RelyingParty(
        RelyingPartySettings(ISSUER, CLIENT_ID, key("client"), CALLBACK, algorithms=(algorithm,), checks_vectors=False),
        client=open_client(ISSUER, transport=httpx2.MockTransport(suite.answer)),
        gp_systems=surgery,
        cabinets=memory_cabinets(),
    )
    return Rp(suite, surgery, party)


def signed_input(token: str, algorithm: str) -> str:
    """Header and payload of a token, with another algorithm in the header."""
    head, payload, _ = token.split(".")
    changed = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4))) | {"alg": algorithm}
    return f"{encoded(json.dumps(changed).encode())}.{payload}"


def encoded(raw: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()

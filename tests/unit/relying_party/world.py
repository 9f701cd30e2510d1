"""A small honest NHS login and a small honest surgery, for a partner to be tried with. All people are synthetic."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx2

from gpic.jose.keys import KeySet, SigningKey
from gpic.jose.sign import Claim, seconds, sign
from gpic.jose.verify import ClaimsPolicy, only, verify
from gpic.nhs.answers import (
    AlreadyLinked,
    GpSession,
    LinkAnswer,
    Linked,
    Reason,
    Rejected,
    Restricted,
    SessionAnswer,
    SessionOpened,
    ShownPatient,
    Unreachable,
)
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import open_client
from gpic.relying_party.outcomes import Outcome, ReturnToLogin
from gpic.relying_party.party import RelyingParty
from gpic.relying_party.policy import RelyingPartySettings
from gpic.relying_party.ports import Cabinets, GpSystem
from gpic.storage.partner.memory import memory_cabinets

ISSUER = "https://auth.sandpit.example"
CALLBACK = "https://riverside.example/callback"
CLIENT_ID = "riverside"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PRACTICE = OdsCode("A12345")
NUMBER = NhsNumber("9990001111")
OTHER_NUMBER = NhsNumber("9990002223")
MARY = Demographics("Ashworth", "1984-02-17")
BROWSER = "what-the-browser-holds"


@functools.cache
def key(name: str) -> SigningKey:
    """A key by its name; making one takes a while, so each is made once."""
    assert name
    return SigningKey.generate()


def settings(**changes: object) -> RelyingPartySettings:
    """The partner's settings, with changes."""
    given: dict[str, object] = {
        "issuer": ISSUER,
        "client_id": CLIENT_ID,
        "key": key("client"),
        "redirect_uri": CALLBACK,
        "longest_wait": timedelta(seconds=2),
    }
    return RelyingPartySettings(**(given | changes))  # type: ignore[arg-type]


def details(linkage_key: str = "kT4m9XqZ2bLp", practice: OdsCode = PRACTICE) -> GpCredentials:
    """Details of Mary's account under this linkage key."""
    return GpCredentials("2917340058", practice, Secret(linkage_key))


@dataclass
class NhsLogin:
    """NHS login, honest unless a test bends what it says."""

    clock: MovableClock
    details: GpCredentials | None = None
    sub: str = "mary"
    signing: SigningKey = field(default_factory=lambda: key("provider"))
    signed_in_at: datetime = NOW - timedelta(hours=1)
    claims: dict[str, object] = field(default_factory=dict)  #: over the ID token's; None takes one away
    said: dict[str, object] = field(default_factory=dict)  #: over userinfo's
    tokens: dict[str, object] = field(default_factory=dict)  #: over the token endpoint's answer
    metadata: dict[str, object] = field(default_factory=dict)
    error: str = ""  #: answer the next authorization with this
    bend: Callable[[str], str] = str  #: what happens to an ID token on its way
    on_forced_login: Callable[[], None] = lambda: None
    on_return: Callable[[], None] = lambda: None
    asked: list[dict[str, str]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    down: set[str] = field(default_factory=set)
    published: list[SigningKey] | None = None
    spent: set[str] = field(default_factory=set)
    refuse_client: bool = False

    def authorize(self, url: str) -> str:
        """What the browser brings back from /authorize: the callback's URL."""
        asked = dict(parse_qsl(urlsplit(url).query))
        self.asked.append(asked)
        if self.error:
            error, self.error = self.error, ""
            return str(httpx2.URL(CALLBACK, params={"error": error, "error_description": "<b>x</b>", "state": asked["state"]}))
        if asked.get("prompt") == "login":
            self.signed_in_at = self.clock.now()
            self.on_forced_login()
        elif "asserted_login_identity" in asked:
            self.on_return()
        code = f"code-{len(self.asked)}"
        return str(httpx2.URL(CALLBACK, params={"code": code, "state": asked["state"]}))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """The endpoints."""
        path = request.url.path
        self.calls[path] += 1
        assert "application/json" == request.headers["accept"]
        assert ("POST" if path == "/token" else "GET") == request.method
        if path in self.down:
            return httpx2.Response(503)
        if path == "/.well-known/openid-configuration":
            return httpx2.Response(200, json=self._metadata())
        if path == "/.well-known/jwks.json":
            keys = self.published if self.published is not None else [self.signing]
            return httpx2.Response(200, json={"keys": [one.public.published() for one in keys]})
        if path == "/token":
            return self._token(dict(parse_qsl(request.content.decode())))
        assert path == "/userinfo"
        assert request.headers["authorization"].startswith("Bearer ")
        return httpx2.Response(200, json={name: value for name, value in self._userinfo().items() if value is not None})

    def _metadata(self) -> dict[str, object]:
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "jwks_uri": f"{ISSUER}/.well-known/jwks.json",
        } | self.metadata

    def _token(self, form: dict[str, str]) -> httpx2.Response:
        policy = ClaimsPolicy(
            issuer=CLIENT_ID,
            subject=CLIENT_ID,
            audience=only(f"{ISSUER}/token"),
            now=self.clock.now(),
            required=frozenset({"jti", "iat"}),
        )
        assertion = verify(form["client_assertion"], KeySet((key("client").public,)), policy)
        assert assertion.jti not in self.spent
        assert {**form, "code": "", "client_assertion": ""} == {
            "grant_type": "authorization_code",
            "code": "",
            "redirect_uri": CALLBACK,
            "client_id": CLIENT_ID,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "",
        }
        if self.refuse_client:
            return httpx2.Response(400, json={"error": "invalid_client"})
        if form["code"] in self.spent:
            return httpx2.Response(400, json={"error": "invalid_grant", "error_description": "<script>"})
        self.spent |= {form["code"], assertion.jti}
        asked = self.asked[int(form["code"].partition("-")[2]) - 1]
        return httpx2.Response(
            200,
            json={"access_token": "at", "token_type": "Bearer", "id_token": self.bend(self.id_token(asked["nonce"]))}
            | self.tokens,
        )

    def id_token(self, nonce: str) -> str:
        """An ID token as it is now."""
        now = self.clock.now()
        claims: dict[str, object] = {
            "iss": ISSUER,
            "sub": self.sub,
            "aud": CLIENT_ID,
            "exp": seconds(now + timedelta(hours=1)),
            "iat": seconds(now),
            "jti": f"jti-{len(self.asked)}",
            "auth_time": seconds(self.signed_in_at),
            "nonce": nonce,
            "vot": "P9.Cp.Cd",
            "vtm": f"{ISSUER}/trustmark/auth.sandpit.example",
        }
        given: dict[str, Claim] = {name: value for name, value in (claims | self.claims).items() if value is not None}  # type: ignore[misc]
        return sign(given, self.signing)

    def _userinfo(self) -> dict[str, object]:
        claims: dict[str, object] = {
            "iss": ISSUER,
            "sub": self.sub,
            "aud": CLIENT_ID,
            "family_name": MARY.family_name,
            "birthdate": MARY.birth_date,
            "nhs_number": NUMBER.digits,
        }
        if self.details is not None:
            claims["gp_integration_credentials"] = {
                "gp_user_id": self.details.account_id,
                "gp_ods_code": self.details.ods_code.code,
                "gp_linkage_key": self.details.linkage_key.reveal(),
            }
        return claims | self.said


@dataclass
class Surgery:
    """A GP system with one patient: honours its current key, and tokens made from it."""

    linkage_key: str = "kT4m9XqZ2bLp"
    supplier: str = "emis"
    restricted: bool = False
    down: bool = False
    shows: NhsNumber = NUMBER
    person: Demographics = MARY
    forgetful: bool = True  #: False: says "already linked" to a second registration
    tokens: dict[str, str] = field(default_factory=dict)  #: token → the key that bought it
    linked: Counter[str] = field(default_factory=Counter)  #: successful registrations by key
    calls: list[str] = field(default_factory=list)
    says_to_link: list[LinkAnswer] = field(default_factory=list)
    says_to_session: list[SessionAnswer] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)  #: secrets that were rejected for good
    presented_again: set[str] = field(default_factory=set)
    ended: list[GpSession] = field(default_factory=list)
    before_link: Callable[[], object] = lambda: None

    def _presented(self, secret: str) -> None:
        if secret in self.rejected:
            self.presented_again.add(secret)

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """me/applications, in short."""
        self.calls.append("link")
        assert self.person == demographics
        self.before_link()
        text = details.linkage_key.reveal()
        self._presented(text)
        if self.says_to_link:
            return self.says_to_link.pop(0)
        if self.down:
            return Unreachable(timedelta(seconds=30))
        if text != self.linkage_key:
            self.rejected.add(text)
            return Rejected(Reason.KEY_INVALID)
        if not self.forgetful and self.linked[text]:
            return AlreadyLinked()
        self.linked[text] += 1
        token = f"token-{len(self.tokens) + 1}"
        self.tokens[token] = text
        return Linked(Im1Token(self.supplier, Secret(token)))

    async def open_session(self, token: Im1Token, practice: OdsCode) -> SessionAnswer:
        """sessions, in short."""
        self.calls.append("session")
        assert PRACTICE == practice
        text = token.text.reveal()
        self._presented(text)
        if self.says_to_session:
            return self.says_to_session.pop(0)
        if self.down:
            return Unreachable()
        if self.tokens.get(text) != self.linkage_key:
            self.rejected.add(text)
            return Rejected(Reason.TOKEN_INVALID)
        if self.restricted:
            return Restricted()
        return SessionOpened(GpSession(self.supplier, Secret("session")), ShownPatient(frozenset({self.shows}), MARY))

    async def end_session(self, session: GpSession) -> None:
        """Noted."""
        self.ended.append(session)

    def system_of(self, practice: OdsCode) -> tuple[str, GpSystem] | None:
        """It serves one practice."""
        return (self.supplier, self) if practice == PRACTICE else None


@dataclass
class World:
    """A partner, its NHS login and its surgery."""

    party: RelyingParty
    nhs_login: NhsLogin
    surgery: Surgery
    clock: MovableClock
    cabinets: Cabinets
    browser: str = BROWSER
    returns: list[ReturnToLogin] = field(default_factory=list)

    async def press_the_button(self, prompt: str = "") -> Outcome:
        """One login without the automatic returns that may follow."""
        started = await self.party.start(self.browser, prompt=prompt)
        return await self.party.finish(self.browser, self.nhs_login.authorize(started.url))

    async def log_in(self, prompt: str = "") -> Outcome:
        """One login, and every automatic return that follows."""
        outcome = await self.press_the_button(prompt)
        self.returns = []
        while isinstance(outcome, ReturnToLogin):
            self.returns.append(outcome)
            assert len(self.returns) < 10, "an endless loop"
            outcome = await self.party.finish(self.browser, self.nhs_login.authorize(outcome.url))
        return outcome


def world(cabinets: Cabinets | None = None, **changes: object) -> World:
    """A fresh world at noon; Mary has an account whose details NHS login knows."""
    clock = MovableClock(NOW)
    nhs_login, surgery = NhsLogin(clock, details()), Surgery()
    kept = cabinets or memory_cabinets()
    party = RelyingParty(
        settings(**changes),
        client=open_client(ISSUER, transport=httpx2.MockTransport(nhs_login.answer)),
        gp_systems=surgery,
        cabinets=kept,
        clocks=Clocks(clock, clock),
    )
    return World(party, nhs_login, surgery, clock, kept)

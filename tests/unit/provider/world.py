"""A provider on small in-memory fakes, a patient and a partner, for the tests of this room."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from gpic.credentials.holding import PersonId
from gpic.jose.assertions import ASSERTION_TYPE
from gpic.jose.keys import KeyRing, SigningKey
from gpic.jose.sign import Claim, seconds, sign
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.accounts import Account
from gpic.provider.authorize.flow import Authorize
from gpic.provider.authorize.leniencies import CountedLeniencies
from gpic.provider.authorize.pages_only import OnlyByPages
from gpic.provider.clients import Client
from gpic.provider.discovery import Discovery
from gpic.provider.endpoints import Provider
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import AssertedIdentities, Binding, Codes, Families, Grant, SignInWithoutPages
from gpic.provider.sessions import Session
from gpic.provider.stages import AddressedRequest, AskUser, RawRequest, Redirect
from gpic.provider.token.desk import Desk, TokenReply
from gpic.provider.token.grants import Token
from gpic.provider.userinfo.bearer import Gate
from gpic.provider.userinfo.claims import Userinfo
from gpic.storage.provider.cabinets import Cabinets
from tests.unit.provider.fakes import (
    FakeAccounts,
    FakeClientMetadata,
    FakeClients,
    FakeConsents,
    FakeInteractions,
    FakeOffer,
    FakeSessions,
    FakeTokens,
    PlainPages,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ISSUER = "https://auth.example"
CALLBACK = "https://partner.example/callback"
BROWSER = "a browser's own random text"
NUMBER = NhsNumber("9990001138")
ALL_SCOPES = frozenset({
    "openid", "profile", "basic_demographics", "profile_extended", "email", "phone", "landline",
    "gp_registration_details", "gp_integration_credentials", "client_metadata",
})  # fmt: skip
VECTORS = tuple(
    Vector.parse(text) for text in ("P9.Cp.Cd", "P9.Cp.Ck", "P9.Cm", "P5.Cp.Cd", "P0.Cp.Cd", "P9.Cp", "P9", "Cp.Cd")
)
DETAILS = GpCredentials("1000001", OdsCode("A12345"), Secret("a linkage key"))
GOOD = {
    "client_id": "partner",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid profile gp_integration_credentials",
    "state": "a state",
    "nonce": "a nonce",
}

ALICE = Account(
    subject="alice",
    person=PersonId("person-1"),
    email="alice@mail.example",
    phone="+447700900001",
    level=ProofingLevel.P9,
    nhs_number=NUMBER,
    family_name="Example",
    given_name="Alice",
    birth_date="1990-02-03",
    practice=OdsCode("A12345"),
    landline="+441632960001",
)


def partner(key: SigningKey) -> Client:
    """A partner that may do everything."""
    return Client(
        client_id="partner",
        name="A partner",
        redirect_uris=frozenset({CALLBACK}),
        scopes=ALL_SCOPES,
        keys=(key.public_pem,),
        vectors=VECTORS,
        im1_enabled=True,
    )


def raw(**changes: str | None) -> RawRequest:
    """A good authorization request with changes; None takes a parameter out."""
    return tuple((name, value) for name, value in (GOOD | changes).items() if value is not None)


def addressed(client: Client, **changes: str | None) -> AddressedRequest:
    """The same, addressed."""
    return AddressedRequest(client, CALLBACK, raw(**changes))


def query_of(redirect: Redirect | AskUser) -> dict[str, str]:
    """The parameters that the partner gets."""
    assert isinstance(redirect, Redirect)
    return dict(parse_qsl(urlsplit(redirect.location).query))


@dataclass
class World:
    """Everything together; change a part, then ask `authorize`, `token` or `userinfo`."""

    key: SigningKey  #: the partner's
    ring: KeyRing
    policy: ProviderPolicy = field(default_factory=lambda: ProviderPolicy(ISSUER))
    clients: FakeClients = field(default_factory=FakeClients)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    sessions: FakeSessions = field(default_factory=FakeSessions)
    interactions: FakeInteractions = field(default_factory=FakeInteractions)
    consents: FakeConsents = field(default_factory=FakeConsents)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    client_metadata: FakeClientMetadata = field(default_factory=FakeClientMetadata)
    offer: FakeOffer = field(default_factory=lambda: FakeOffer(details=DETAILS))
    wire: MovableClock = field(default_factory=lambda: MovableClock(NOW))
    world: MovableClock = field(default_factory=lambda: MovableClock(NOW))
    without_pages: SignInWithoutPages = field(default_factory=OnlyByPages)
    leniencies: CountedLeniencies = field(default_factory=CountedLeniencies)
    made: int = 0
    codes: Codes = field(init=False)
    families: Families = field(init=False)
    identities: AssertedIdentities = field(init=False)

    def __post_init__(self) -> None:
        self.codes = self.families = self.identities = self.tokens
        self.clients.by_id["partner"] = partner(self.key)
        self.accounts.accounts["alice"] = ALICE

    def new_text(self) -> str:
        """Texts in a row: text-1, text-2."""
        self.made += 1
        return f"text-{self.made}"

    def new_number(self) -> bytes:
        """A number that is none of those before."""
        self.made += 1
        return self.made.to_bytes(32)

    @property
    def clocks(self) -> Clocks:
        """Both clocks, standing still until they are moved."""
        return Clocks(self.wire, self.world)

    @property
    def authorize(self) -> Authorize:
        """The authorization endpoint."""
        return Authorize(
            self.clients, self.accounts, self.sessions, self.interactions, self.consents,
            self.codes, self.identities, self.offer, self.policy, self.clocks, self.new_text,
            self.without_pages, self.leniencies,
        )  # fmt: skip

    @property
    def token(self) -> Token:
        """The token endpoint."""
        desk = Desk(
            self.clients, self.accounts, self.consents, self.codes, self.families,
            self.ring, self.policy, self.clocks, self.new_text,
        )  # fmt: skip
        return Token(desk)

    @property
    def userinfo(self) -> Userinfo:
        """The userinfo endpoint."""
        gate = Gate(self.clients, self.accounts, self.consents, self.families, self.ring, self.policy, self.wire)
        return Userinfo(gate, self.offer, self.client_metadata, self.new_number)

    @property
    def provider(self) -> Provider:
        """All of them, as `endpoints` gets them."""
        discovery = Discovery(self.ring, self.policy)
        return Provider(self.authorize, self.token, self.userinfo, discovery, PlainPages(), self.policy)

    def furnish(self, cabinets: Cabinets) -> None:
        """Real cabinets instead of fakes."""
        for name in ("clients", "accounts", "sessions", "interactions", "consents"):
            setattr(self, name, getattr(cabinets, name))
        self.codes, self.families, self.identities = cabinets.codes, cabinets.families, cabinets.identities

    def change_client(self, **changes: object) -> None:
        """The partner as an operator changes it."""
        self.clients.by_id["partner"] = replace(self.clients.by_id["partner"], **changes)  # type: ignore[arg-type]

    def change_alice(self, **changes: object) -> None:
        """Alice's account as it changes."""
        self.accounts.accounts["alice"] = replace(self.accounts.accounts["alice"], **changes)  # type: ignore[arg-type]

    def sign_alice_in(self, credentials: str = "pd", session_id: str = "session") -> None:
        """A session that began a minute ago."""
        ago = timedelta(minutes=1)
        vector = Vector(self.accounts.accounts["alice"].level, frozenset(credentials))
        self.sessions.kept[session_id] = Session(session_id, "alice", vector, NOW - ago, NOW - ago, NOW + timedelta(hours=1))

    def let_alice_share(self, scopes: frozenset[str] = ALL_SCOPES) -> None:
        """Consent given earlier."""
        self.consents.given["alice", "partner"] = scopes

    def assertion(self, **changes: str) -> str:
        """A fresh client assertion."""
        self.made += 1
        values = {"client_id": "partner", "audience": f"{ISSUER}/token", "algorithm": "RS512"} | changes
        issued = seconds(self.wire.now())
        claims: dict[str, Claim] = {
            "iss": values["client_id"], "sub": values["client_id"], "aud": values["audience"],
            "jti": f"jti-{self.made}", "iat": issued, "exp": issued + 60,
        }  # fmt: skip
        return sign(claims, self.key, values["algorithm"])

    def form(self, **changes: str | None) -> RawRequest:
        """A good token request for code `code` with changes."""
        fields: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": "code",
            "redirect_uri": CALLBACK,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion(),
        }
        return tuple((name, value) for name, value in (fields | changes).items() if value is not None)

    def refresh_form(self, refresh_token: str, **changes: str) -> RawRequest:
        """A refresh with changes."""
        return self.form(grant_type="refresh_token", code=None, refresh_token=refresh_token, **changes)

    def grant(self, **changes: object) -> Grant:
        """What alice's login allows."""
        good = Grant(
            family="family", client_id="partner", subject="alice", scopes=frozenset(GOOD["scope"].split()),
            nonce="a nonce", vot=Vector.parse("P9.Cp.Cd"), auth_time=NOW, session_id="session",
        )  # fmt: skip
        return replace(good, **changes)  # type: ignore[arg-type]

    async def keep_code(self, code: str = "code", **changes: object) -> None:
        """A code that may be redeemed."""
        binding = Binding("partner", CALLBACK)
        await self.tokens.save(code, binding, self.grant(**changes), self.wire.now() + timedelta(minutes=10))

    async def redeemed(self, **changes: object) -> TokenReply:
        """The tokens of a fresh code."""
        self.made += 1
        await self.keep_code(f"code-{self.made}", **changes)
        return await self.token.grant(self.form(code=f"code-{self.made}"))

"""Every number and switch of the partner kit, with its default."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Final
from urllib.parse import SplitResult, urlsplit

from gpic.jose.keys import KeyElsewhere, SigningKey
from gpic.nhs.trust import DEFAULT_VECTORS, Vector
from gpic.relying_party.errors import SettingsInvalid

#: NHS login's environments by name (`nhs-login.md` §1).
ISSUERS: Final = MappingProxyType(
    {
        "sandpit": "https://auth.sandpit.signin.nhs.uk",
        "integration": "https://auth.aos.signin.nhs.uk",
        "production": "https://auth.login.nhs.uk",
    }
)
GP_SCOPE: Final = "gp_integration_credentials"
#: One of these must stand beside the GP scope, since linking needs surname and birth date (R1).
NAMING_SCOPES: Final = frozenset({"profile", "basic_demographics"})
LOOPBACK_NAMES: Final = frozenset({"localhost"})
LONGEST_ASSERTION: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class RelyingPartySettings:
    """A partner at one issuer. *issuer* may be a name of ISSUERS. Raises SettingsInvalid."""

    issuer: str
    client_id: str
    #: The client's own, here or in a key-management service; a key serves one issuer only (`attacks-and-interop.md` 18).
    key: SigningKey | KeyElsewhere = field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...] = ("openid", "profile", GP_SCOPE)
    vectors: tuple[Vector, ...] = DEFAULT_VECTORS  #: the vtr that every login asks for
    checks_vectors: bool = True  #: off only for conformance suites, which know neither vot nor vtm
    algorithms: tuple[str, ...] = ("RS512",)  #: of ID tokens
    token_endpoint: str = ""  #: pinned; what assertions are addressed to. "": `/token` below the issuer
    trustmark: str = ""  #: the vtm to expect. "": `/trustmark/{host}` below the issuer
    asserts_identity: bool = True  #: whether an automatic return spares the person a sign-in where it can (R14)
    invalidates_linkage_keys: bool = False  #: declares a process of yours that does; NHS login wants to be told (R15)
    clock_skew: timedelta = timedelta(seconds=30)
    attempt_life: timedelta = timedelta(hours=1)  #: proving an identity at NHS login takes a while
    client_assertion_life: timedelta = timedelta(minutes=2)
    identity_assertion_life: timedelta = LONGEST_ASSERTION
    provider_life: timedelta = timedelta(hours=1)  #: how long metadata and keys are believed without asking again
    refetch_pause: timedelta = timedelta(seconds=60)  #: between two looks for an unknown kid
    most_returns: int = 2  #: automatic returns to NHS login per person and window (R9)
    returns_window: timedelta = timedelta(minutes=15)
    try_later: timedelta = timedelta(minutes=1)  #: when a GP system is silent and does not say for how long (R10)
    longest_wait: timedelta = timedelta(seconds=10)  #: for a registration that another callback makes (R11)
    registration_lease: timedelta = timedelta(seconds=150)  #: outlives the longest registration call, 120 s at EMIS

    def __post_init__(self) -> None:
        object.__setattr__(self, "issuer", ISSUERS.get(self.issuer, self.issuer))
        for wrong, sentence in (
            (not is_web_address(self.issuer), "issuer must be https, or http on loopback, without query or fragment"),
            (
                not is_web_address(self.redirect_uri),
                "redirect_uri must be https, or http on loopback, without query or fragment",
            ),
            (not self.client_id, "client_id is missing"),
            *wrong_scopes(frozenset(self.scopes)),
            (not self.vectors or not self.algorithms, "vectors and algorithms must each name at least one"),
            (self.identity_assertion_life > LONGEST_ASSERTION, "identity_assertion_life is 60 seconds at most"),
            (self.most_returns < 1, "most_returns is at least 1"),
        ):
            if wrong:
                raise SettingsInvalid(f"The partner's settings cannot work: {sentence}.")
        root = self.issuer.rstrip("/")
        object.__setattr__(self, "token_endpoint", self.token_endpoint or f"{root}/token")
        object.__setattr__(self, "trustmark", self.trustmark or f"{root}/trustmark/{urlsplit(self.issuer).hostname}")

    @property
    def discovery(self) -> str:
        """Where the provider describes itself."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    @property
    def knows_nhs_number(self) -> bool:
        """Whether the right patient is proved by NHS number, rather than by surname and birth date (R5)."""
        return "profile" in self.scopes

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach us by https."""
        return self.redirect_uri.startswith("https:")

    @property
    def callback_path(self) -> str:
        """The path of the redirect URI in our own application."""
        return urlsplit(self.redirect_uri).path or "/"

    @property
    def port(self) -> int:
        """Our port, as browsers see it."""
        return urlsplit(self.redirect_uri).port or (443 if self.is_secure else 80)


def wrong_scopes(scopes: frozenset[str]) -> tuple[tuple[bool, str], ...]:
    """What can be wrong with the scopes: pairs of whether it is, and the sentence (R1)."""
    return (
        ("openid" not in scopes, "scopes must hold openid"),
        (GP_SCOPE not in scopes, f"scopes must hold {GP_SCOPE}, which this kit is for"),
        (
            not scopes & NAMING_SCOPES,
            f"beside {GP_SCOPE} the scopes must hold profile or basic_demographics, since linking needs surname and birth date",
        ),
        (scopes >= NAMING_SCOPES, "profile and basic_demographics exclude one another"),
    )


def is_web_address(text: str) -> bool:
    """https, or http that never leaves the machine; no query, fragment or user."""
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and is_protected(parts) and not set("?#@") & set(text) and text.isascii()
    except ValueError:
        return False


def is_protected(parts: SplitResult) -> bool:
    """Whether nobody on a network can read along."""
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def is_loopback(host: str) -> bool:
    """Whether this host never leaves the machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES

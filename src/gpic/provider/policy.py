"""Every number and switch of the provider's protocol, with its default."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, urlsplit


class Environment(StrEnum):
    """Which of NHS login's environments this provider stands for."""

    SANDPIT = "sandpit"
    INTEGRATION = "integration"
    PRODUCTION = "production"


class Profile(StrEnum):
    """How exactly partners must follow the specification."""

    STRICT = "strict"  #: to the letter; the only one outside the sandpit
    COMPAT = "compat"  #: strict, and `http` redirect URIs on the loopback interface
    LENIENT = "lenient"  #: compat, and requests without state or nonce; each use is noted


class PolicyInvalid(ValueError):
    """These settings do not go together."""


LOOPBACK_NAMES: Final = frozenset({"localhost"})


def is_loopback(host: str) -> bool:
    """Whether this host never leaves the machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in LOOPBACK_NAMES


@dataclass(frozen=True, slots=True)
class ProviderPolicy:
    """The provider's protocol settings. Raises PolicyInvalid."""

    issuer: str  #: https, or http on the loopback interface; no path, no trailing slash
    environment: Environment = Environment.SANDPIT
    require_im1: bool = False  #: GP credentials only for IM1-enabled clients; forced on in production (N5)
    profile: Profile = Profile.STRICT
    refresh_keeps_gp_scope: bool = False  #: whether a refreshed access token keeps gp_integration_credentials (N3)
    rs256_allowed: bool = False  #: for clients registered with it, as test suites insist on; never in production
    sends_issuer: bool = False  #: `iss` in the authorization response (RFC 9207); the real NHS login sends none
    credentials_offered: frozenset[str] = frozenset("pdm")  #: what one can sign in with here, letters as in a vector
    code_lifetime: timedelta = timedelta(minutes=10)
    access_token_lifetime: timedelta = timedelta(minutes=5)
    id_token_lifetime: timedelta = timedelta(minutes=60)
    identity_token_lifetime: timedelta = timedelta(minutes=10)  #: what EMIS is shown (N9)
    session_lifetime: timedelta = timedelta(hours=1)  #: world clock: single sign-on after a sign-in
    interaction_lifetime: timedelta = timedelta(minutes=30)  #: how long a person may take to answer our pages
    key_lifetime_in_caches: timedelta = timedelta(minutes=5)  #: how long partners may keep the published key set
    keys_read_every: timedelta = timedelta(seconds=30)  #: how soon a process follows a rotation that another one made
    clock_skew: timedelta = timedelta(seconds=30)  #: what a partner's clock may be off
    longest_wait: timedelta = timedelta(seconds=10)  #: for a registration's result (N8)
    first_pause: timedelta = timedelta(milliseconds=20)  #: between two looks at a registration, doubling
    longest_pause: timedelta = timedelta(milliseconds=250)
    largest_form: int = 65_536  #: bytes of a query or form

    def __post_init__(self) -> None:
        parts = urlsplit(self.issuer)
        if not _is_issuer(parts, self.issuer):
            raise PolicyInvalid("issuer must be https (http on loopback only), without path, query or trailing slash")
        if self.profile is not Profile.STRICT and self.environment is not Environment.SANDPIT:
            raise PolicyInvalid(f"profile {self.profile} is for the sandpit only")
        if self.environment is Environment.PRODUCTION and not self.is_secure:
            raise PolicyInvalid("in production the issuer is https")
        if self.rs256_allowed and self.environment is Environment.PRODUCTION:
            raise PolicyInvalid("rs256_allowed is for test suites, never for production")
        if self.keys_read_every <= timedelta(0):
            raise PolicyInvalid("keys_read_every must be longer than nothing")
        if self.environment is Environment.PRODUCTION:
            object.__setattr__(self, "require_im1", True)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach us by https."""
        return self.issuer.startswith("https:")

    @property
    def host(self) -> str:
        """Our host name, without port."""
        return urlsplit(self.issuer).hostname or ""

    @property
    def port(self) -> int:
        """Our port, as partners see it."""
        return urlsplit(self.issuer).port or (443 if self.is_secure else 80)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What clients sign with and ID tokens are signed with, the usual one first."""
        return ("RS512", "RS256") if self.rs256_allowed else ("RS512",)

    @property
    def token_endpoint(self) -> str:
        """What a client assertion is addressed to."""
        return f"{self.issuer}/token"

    @property
    def trustmark(self) -> str:
        """The `vtm` claim: where the meaning of our vectors is written."""
        return f"{self.issuer}/trustmark/{self.host}"


def _is_issuer(parts: SplitResult, text: str) -> bool:
    allowed = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    return allowed and bool(parts.hostname) and text == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc

"""The stages of an authorization request, each a type that only its stage can make."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gpic.nhs.trust import ProofingLevel, Vector
from gpic.provider.accounts import Account
from gpic.provider.clients import Client
from gpic.provider.enrolling import Enrolling
from gpic.provider.sessions import Session

#: Pairs as they came, so that a repeated parameter can be refused.
RawRequest = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AddressedRequest:
    """We know whom to answer, so from here a refusal may be redirected."""

    client: Client
    redirect_uri: str
    raw: RawRequest

    def get(self, name: str) -> str:
        """The parameter's value, "" when absent."""
        return next((value for key, value in self.raw if key == name), "")


class Leniency(StrEnum):
    """What we let pass and the real NHS login would refuse. The text is a stable code, fit for logs and counts."""

    STATE_MISSING = "state-missing"
    NONCE_MISSING = "nonce-missing"
    LOOPBACK_REDIRECT = "loopback-redirect-uri"  #: `http`, which no registration at the real NHS login may hold


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """Every rule in CHECKS holds."""

    client: Client
    redirect_uri: str
    state: str
    nonce: str
    scopes: frozenset[str]
    vectors: tuple[Vector, ...]  #: what vtr asks for; one of them suffices
    prompt: str = ""  #: "", "none" or "login"
    display: str = "page"
    allow_registration: bool = True
    code_challenge: str = ""  #: S256, or "" without PKCE
    #: A JWT of some partner that says who comes (`nhs-login.md` §7), "" for none. Nobody has verified it yet.
    unverified_identity: str = field(default="", repr=False)
    #: Parameters that we do not read, untouched and in their order, for whoever stands behind SignInWithoutPages.
    ignored: RawRequest = ()
    tolerated: tuple[Leniency, ...] = ()


class Prompt(StrEnum):
    """What a person may be asked on the way."""

    SIGN_IN = "sign-in"
    STEP_UP = "step-up"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Inherited:
    """What an asserted identity brings of the login that it continues (N23): that login's vector, and never more."""

    vot: Vector  #: with a level and with credentials, as every vector in a token of ours
    level_then: ProofingLevel  #: the account's when the identity was accepted; it may rise in this very request


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request that waits for its person. *id* is random; *browser* is the hash of a cookie that only its browser has.

    *session_id* is the session that the request goes on in, once there is one: the browser's, or that of the login which
    an asserted identity continues. *signed_in_here* says that this very request saw a sign-in. *half_signed_in* is the
    subject whose password was accepted here and whose one-time code is awaited; *credentials_used* are the letters, as in a
    vector, of what they have proved so far.
    """

    id: str
    browser: str
    request: AuthorizeRequest
    prompt: Prompt
    expires: datetime  #: wire clock
    session_id: str = ""
    signed_in_here: bool = False
    half_signed_in: str = ""
    credentials_used: frozenset[str] = frozenset()
    attempts: int = 0  #: wrong passwords and codes, counted in this interaction
    inherited: Inherited | None = None  #: set while an asserted identity stands for a sign-in
    asserted_by: str = ""  #: the client whose assertion was accepted; stays when the person signs in all the same
    assertion_failed: bool = False  #: an identity was asserted and not accepted: only a sign-in says who it is
    enrolling: Enrolling | None = None  #: set while somebody makes an account instead of signing in
    identity_check: str = ""  #: the identity check elsewhere that the person was sent to


@dataclass(frozen=True, slots=True)
class AskUser:
    """The person must do something first, on a page."""

    interaction: Interaction


@dataclass(frozen=True, slots=True)
class Approved:
    """Signed in well enough, and willing to share."""

    request: AuthorizeRequest
    session: Session
    account: Account
    vot: Vector  #: the vector that this login satisfies and that its tokens carry
    signed_in_here: bool
    asserted_by_itself: bool = False  #: the partner that asks vouched for the person itself (N16)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Approved, and the GP credentials have been looked after."""

    approved: Approved


@dataclass(frozen=True, slots=True)
class Redirect:
    """Back to the partner. *new_session* is one that began on the way without a page, for the browser's cookie."""

    location: str
    new_session: str = field(default="", repr=False)

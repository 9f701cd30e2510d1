"""The stages of an authorization request, each a type that only its stage can make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gpic.nhs.trust import Vector
from gpic.provider.accounts import Account
from gpic.provider.clients import Client
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
    #: Parameters that we do not read, for the SignIn port of a sandbox (`login_hint`).
    ignored: RawRequest = ()


class Prompt(StrEnum):
    """What a person may be asked on the way."""

    SIGN_IN = "sign-in"
    STEP_UP = "step-up"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request that waits for its person. *id* is random; *browser* is the hash of a cookie that only its browser has.

    *session_id* is the browser's session, once it has one; *signed_in_here* says that this very request saw a sign-in.
    *half_signed_in* is the subject whose password was accepted here and whose one-time code is awaited.
    """

    id: str
    browser: str
    request: AuthorizeRequest
    prompt: Prompt
    expires: datetime  #: wire clock
    session_id: str = ""
    signed_in_here: bool = False
    half_signed_in: str = ""
    attempts: int = 0  #: wrong passwords and codes, counted in this interaction


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """Approved, and the GP credentials have been looked after."""

    approved: Approved


@dataclass(frozen=True, slots=True)
class Redirect:
    """Back to the partner."""

    location: str

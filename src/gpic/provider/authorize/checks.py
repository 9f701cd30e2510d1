"""What must hold of an authorization request. Each rule is one row of CHECKS and is told to the partner when broken."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from gpic.nhs.trust import DEFAULT_VECTORS, Vector, VectorInvalid, parse_vtr
from gpic.provider import scopes
from gpic.provider.errors import (
    InvalidRequest,
    InvalidScope,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
    UnsupportedResponseType,
)
from gpic.provider.policy import Profile, ProviderPolicy
from gpic.provider.stages import AddressedRequest, AuthorizeRequest, Leniency

MOST_PARAMETERS: Final = 64
LONGEST_NAME: Final = 64
#: What we read, with lengths in characters. The state goes into a Location header, the nonce into an ID token.
LONGEST: Final[Mapping[str, int]] = MappingProxyType(
    {
        "client_id": 2048,
        "redirect_uri": 2048,
        "response_type": 2048,
        "scope": 1024,
        "state": 2048,
        "nonce": 512,
        "prompt": 2048,
        "display": 2048,
        "allow_registration": 2048,
        "vtr": 1024,
        "asserted_login_identity": 8192,
        "code_challenge": 2048,
        "code_challenge_method": 2048,
        "request": 16_384,
        "request_uri": 16_384,
        "registration": 16_384,
    }
)
#: What we do not read is ignored without error (`nhs-login.md` §2): FIDO responses, ID token hints, claims.
LONGEST_IGNORED: Final = 16_384
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
#: JSON in a parameter that we ignore may hold line breaks.
UNKEEPABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
S256_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
PROMPTS_UNDERSTOOD: Final = frozenset({"", "none", "login"})

Check = Callable[[AddressedRequest, ProviderPolicy], None]


def nothing_is_repeated(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """RFC 6749 §3.1."""
    if any(count > 1 for count in Counter(name for name, _ in request.raw).values()):
        raise InvalidRequest("A parameter is repeated")


def fields_are_bounded(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """Nothing endless and nothing unprintable is kept or sent on (`attacks-and-interop.md` 10, 26)."""
    if len(request.raw) > MOST_PARAMETERS:
        raise InvalidRequest("There are too many parameters")
    for name, value in request.raw:
        if len(name) > LONGEST_NAME or len(value) > LONGEST.get(name, LONGEST_IGNORED):
            raise InvalidRequest("A parameter is too long")
        if CONTROL.search(name) or (CONTROL if name in LONGEST else UNKEEPABLE).search(value):
            raise InvalidRequest("A parameter holds control characters")


def request_object_is_absent(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """OIDC Core §6: not supported, and never fetched."""
    if request.get("request"):
        raise RequestNotSupported
    if request.get("request_uri"):
        raise RequestUriNotSupported


def registration_is_absent(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """OIDC Core §7.2.1: for providers that people run for themselves; ours knows its clients beforehand."""
    if request.get("registration"):
        raise RegistrationNotSupported


def response_type_is_code(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """No implicit and no hybrid flow (`nhs-login.md` §1)."""
    if not request.get("response_type"):
        raise InvalidRequest("response_type is missing")
    if request.get("response_type") != "code":
        raise UnsupportedResponseType


def scope_has_openid(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """`nhs-login.md` §2."""
    if scopes.OPENID not in scopes.known(request.get("scope")):
        raise InvalidScope("The scope must contain openid")


def scopes_are_registered(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """N5: a known scope that the client is not registered for, in every environment."""
    if not scopes.known(request.get("scope")) <= request.client.scopes | {scopes.OPENID}:
        raise InvalidScope("The client is not registered for this scope")


def demographics_are_asked_once(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """Profile and basic_demographics never come together (`nhs-login.md` §4)."""
    if {scopes.PROFILE, scopes.BASIC_DEMOGRAPHICS} <= scopes.known(request.get("scope")):
        raise InvalidScope("profile and basic_demographics cannot be asked for together")


def gp_credentials_are_for_im1_clients(request: AddressedRequest, policy: ProviderPolicy) -> None:
    """N5: where require_im1 holds, only IM1-enabled clients ask for GP credentials."""
    asks = scopes.GP_CREDENTIALS in scopes.known(request.get("scope"))
    if asks and policy.require_im1 and not request.client.im1_enabled:
        raise InvalidScope("gp_integration_credentials is for IM1 enabled clients")


def state_is_present(request: AddressedRequest, policy: ProviderPolicy) -> None:
    """`nhs-login.md` §2; profile lenient tolerates its absence."""
    _must_be_present("state", request, policy)


def nonce_is_present(request: AddressedRequest, policy: ProviderPolicy) -> None:
    """`nhs-login.md` §2; profile lenient tolerates its absence."""
    _must_be_present("nonce", request, policy)


def prompt_is_understood(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """`none` or `login` (`nhs-login.md` §2)."""
    if request.get("prompt") not in PROMPTS_UNDERSTOOD:
        raise InvalidRequest("prompt must be none or login")


def vectors_are_registered(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """A vtr that does not match what is registered for the client is rejected (`nhs-login.md` §2)."""
    if not set(_vectors(request)) <= set(request.client.vectors):
        raise InvalidRequest("vtr holds a vector that the client is not registered for")


def vectors_can_be_reached(request: AddressedRequest, policy: ProviderPolicy) -> None:
    """At least one vector needs only credentials that one can sign in with here; otherwise sign-in would never end."""
    if not any(vector.credentials <= policy.credentials_offered for vector in _vectors(request)):
        raise InvalidRequest("vtr asks for a way to sign in that is not offered")


def code_challenge_is_s256(request: AddressedRequest, _policy: ProviderPolicy) -> None:
    """PKCE is honoured when sent, and only as S256 (RFC 7636; `attacks-and-interop.md` 14)."""
    challenge, method = request.get("code_challenge"), request.get("code_challenge_method")
    if not challenge and not method:
        return
    if method != "S256" or not S256_CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("Only PKCE with S256 is supported")


CHECKS: Final[tuple[Check, ...]] = (
    nothing_is_repeated,
    fields_are_bounded,
    request_object_is_absent,
    registration_is_absent,
    response_type_is_code,
    scope_has_openid,
    scopes_are_registered,
    demographics_are_asked_once,
    gp_credentials_are_for_im1_clients,
    state_is_present,
    nonce_is_present,
    prompt_is_understood,
    vectors_are_registered,
    vectors_can_be_reached,
    code_challenge_is_s256,
)


def check(request: AddressedRequest, policy: ProviderPolicy) -> AuthorizeRequest:
    """Run CHECKS in order; raises the first SentBack."""
    for rule in CHECKS:
        rule(request, policy)
    return AuthorizeRequest(
        client=request.client,
        redirect_uri=request.redirect_uri,
        state=request.get("state"),
        nonce=request.get("nonce"),
        scopes=scopes.known(request.get("scope")),
        vectors=_vectors(request),
        prompt=request.get("prompt"),
        # What is not supported is treated as page (`nhs-login.md` §2).
        display="touch" if request.get("display") == "touch" else "page",
        allow_registration=request.get("allow_registration") != "false",
        code_challenge=request.get("code_challenge"),
        unverified_identity=request.get("asserted_login_identity"),
        ignored=tuple((name, value) for name, value in request.raw if name not in LONGEST),
        tolerated=tuple(leniency for leniency, is_used in LENIENCIES if is_used(request)),
    )


#: What a tolerant profile let pass, once every rule holds.
LENIENCIES: Final[tuple[tuple[Leniency, Callable[[AddressedRequest], bool]], ...]] = (
    (Leniency.STATE_MISSING, lambda request: not request.get("state")),
    (Leniency.NONCE_MISSING, lambda request: not request.get("nonce")),
    (Leniency.LOOPBACK_REDIRECT, lambda request: request.redirect_uri.startswith("http:")),
)


def _vectors(request: AddressedRequest) -> tuple[Vector, ...]:
    """What vtr asks for; without one, those of the default vectors that the client is registered for."""
    text = request.get("vtr")
    if not text:
        defaults = tuple(vector for vector in DEFAULT_VECTORS if vector in request.client.vectors)
        return defaults or request.client.vectors
    try:
        return parse_vtr(text)
    except VectorInvalid as error:
        raise InvalidRequest("vtr is not a JSON array of vectors") from error


def _must_be_present(name: str, request: AddressedRequest, policy: ProviderPolicy) -> None:
    if not request.get(name) and policy.profile is not Profile.LENIENT:
        raise InvalidRequest(f"{name} is missing")

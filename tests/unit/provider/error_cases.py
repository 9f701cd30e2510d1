"""Every error that the authorization endpoint can answer with: its trigger, and how to provoke it over HTTP.

`scripts/authorize_errors.py` prints the page of errors from this table; `test_error_cases.py` provokes every row.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gpic.provider.errors import (
    AccessDenied,
    ConsentRequired,
    InteractionGone,
    InteractionRequired,
    InvalidRequest,
    InvalidScope,
    LoginRequired,
    Refusal,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
    ServerBroken,
    SsoLoginRequired,
    TemporarilyUnavailable,
    Unaddressable,
    UnsupportedResponseType,
)
from tests.unit.provider.provoking import (
    CHALLENGE,
    Arrange,
    Provoke,
    broken,
    declining,
    disabled,
    later,
    loopback,
    lower,
    narrow,
    nothing_special,
    path,
    query,
    ready,
    restricted,
    silent,
    small,
    twice_taken_up,
    unwilling,
    with_password_only,
    without_im1,
)
from tests.unit.provider.world import CALLBACK


@dataclass(frozen=True)
class Case:
    """One row: the refusal, its trigger in words, the function in `provider` that decides it, and how to provoke it."""

    slug: str
    refusal: type[Refusal]
    trigger: str
    rule: str
    provoke: Provoke = field(default_factory=query)
    arrange: Arrange = nothing_special
    state: str | None = "a state"  #: what comes back to the partner


LONG, HANDLE = "x" * 2049, "/authorize/no-such-handle"
VTR = "vectors_are_registered"
WHOLE = "_told"

PAGES = (
    Case("client-id-missing", Unaddressable, "`client_id` is missing or empty", "address", query(client_id=None)),
    Case("client-id-repeated", Unaddressable, "`client_id` is repeated", "address", query(("client_id", "partner"))),
    Case("client-unknown", Unaddressable, "the client is unknown", "address", query(client_id="nobody")),
    Case("client-disabled", Unaddressable, "the client is disabled", "address", arrange=disabled),
    Case("redirect-missing", Unaddressable, "`redirect_uri` is missing or empty", "address", query(redirect_uri="")),
    Case("redirect-repeated", Unaddressable, "`redirect_uri` is repeated", "address", query(("redirect_uri", CALLBACK))),
    Case(
        "redirect-unregistered",
        Unaddressable,
        "`redirect_uri` is not, character by character, a registered one",
        "address",
        query(redirect_uri=f"{CALLBACK}/"),
    ),
    Case(
        "redirect-of-another-profile",
        Unaddressable,
        "`redirect_uri` is registered and needs another profile (`http` on loopback under strict)",
        "address",
        query(redirect_uri="http://localhost:8000/callback"),
        loopback,
    ),
    Case("request-unreadable", Unaddressable, "the query or form is too large, or no form", "_told_as", arrange=small),
    Case("handle-unknown", InteractionGone, "the way onward from a form is unknown or was used", "find_kept", path(HANDLE)),
    Case("handle-taken", InteractionGone, "another browser has taken up what a form left", "find_kept", twice_taken_up),
    Case("handle-expired", InteractionGone, "what a form left has expired", "find_kept", twice_taken_up, later),
)

MALFORMED = (
    Case("parameter-repeated", InvalidRequest, "a parameter is repeated", "nothing_is_repeated", query(("nonce", "a nonce"))),
    Case(
        "state-repeated",
        InvalidRequest,
        "`state` is repeated; none comes back",
        "nothing_is_repeated",
        query(("state", "x")),
        state=None,
    ),
    Case("too-long", InvalidRequest, "a parameter is too long", "fields_are_bounded", query(display=LONG)),
    Case(
        "state-too-long",
        InvalidRequest,
        "`state` is too long; none comes back",
        "fields_are_bounded",
        query(state=LONG),
        state=None,
    ),
    Case(
        "too-many",
        InvalidRequest,
        "there are too many parameters",
        "fields_are_bounded",
        query(*((f"p{number}", "") for number in range(59))),
    ),
    Case(
        "control-characters", InvalidRequest, "a parameter holds control characters", "fields_are_bounded", query(nonce="\r\n")
    ),
    Case(
        "response-type-missing",
        InvalidRequest,
        "`response_type` is missing",
        "response_type_is_code",
        query(response_type=None),
    ),
    Case(
        "state-missing",
        InvalidRequest,
        "`state` is missing (strict, compat)",
        "state_is_present",
        query(state=None),
        state=None,
    ),
    Case("nonce-missing", InvalidRequest, "`nonce` is missing (strict, compat)", "nonce_is_present", query(nonce=None)),
    Case("prompt-unknown", InvalidRequest, "`prompt` is unknown", "prompt_is_understood", query(prompt="consent")),
    Case("prompt-both", InvalidRequest, "`prompt` is a list", "prompt_is_understood", query(prompt="none login")),
    Case("vtr-malformed", InvalidRequest, "`vtr` is no JSON array of vectors", "_vectors", query(vtr="P9.Cp.Cd")),
    Case("vtr-unregistered", InvalidRequest, "`vtr` holds a vector that is not registered", VTR, query(vtr='["P5.Cm"]')),
    Case(
        "vtr-unreachable",
        InvalidRequest,
        "`vtr` holds only vectors that nobody can reach by signing in here",
        "vectors_can_be_reached",
        query(vtr='["P9.Cp.Ck"]'),
    ),
    Case(
        "pkce-plain",
        InvalidRequest,
        "`code_challenge` is not one of S256",
        "code_challenge_is_s256",
        query(code_challenge=CHALLENGE, code_challenge_method="plain"),
    ),
)

UNSUPPORTED = (
    Case(
        "response-type-other",
        UnsupportedResponseType,
        "`response_type` is not `code`",
        "response_type_is_code",
        query(response_type="code id_token"),
    ),
    Case("request-object", RequestNotSupported, "`request` is given", "request_object_is_absent", query(request="a.b.c")),
    Case(
        "request-uri",
        RequestUriNotSupported,
        "`request_uri` is given; it is never fetched",
        "request_object_is_absent",
        query(request_uri="https://partner.example/request"),
    ),
    Case(
        "registration", RegistrationNotSupported, "`registration` is given", "registration_is_absent", query(registration="x")
    ),
    Case("scope-without-openid", InvalidScope, "`scope` lacks openid", "scope_has_openid", query(scope="profile")),
    Case(
        "scope-unregistered",
        InvalidScope,
        "a known scope that the client is not registered for",
        "scopes_are_registered",
        arrange=narrow,
    ),
    Case(
        "scope-demographics-twice",
        InvalidScope,
        "profile and basic_demographics together",
        "demographics_are_asked_once",
        query(scope="openid profile basic_demographics"),
    ),
    Case(
        "scope-without-im1",
        InvalidScope,
        "gp_integration_credentials by a client without the IM1 mark, where that is required",
        "gp_credentials_are_for_im1_clients",
        arrange=without_im1,
    ),
)

DECIDED = (
    Case("nobody-signed-in", LoginRequired, "`prompt=none` and nobody is signed in", "sign_in_is_needed", query(prompt="none")),
    Case(
        "session-too-weak",
        LoginRequired,
        "`prompt=none` and the session satisfies no vector",
        "sign_in_is_needed",
        query(prompt="none"),
        with_password_only,
    ),
    Case(
        "gp-system-wants-a-sign-in",
        LoginRequired,
        "`prompt=none` and the GP system wants a real sign-in (N17)",
        "prepare",
        query(prompt="none"),
        restricted,
    ),
    Case(
        "asserted-identity-failed",
        SsoLoginRequired,
        "`prompt=none` and the asserted identity is not accepted, or does not satisfy `vtr`",
        "sign_in_is_needed",
        query(prompt="none", asserted_login_identity="a.b.c"),
        ready,
    ),
    Case(
        "level-too-low",
        InteractionRequired,
        "`prompt=none` and the person is below every level asked for",
        "step_up_is_needed",
        query(prompt="none"),
        lower,
    ),
    Case(
        "not-agreed",
        ConsentRequired,
        "`prompt=none` and the person has not agreed to share it all",
        "consent_is_needed",
        query(prompt="none"),
        unwilling,
    ),
    Case("consent-refused", AccessDenied, "the person does not agree to share", "declined", declining(), unwilling),
    Case("step-up-refused", AccessDenied, "the person does not prove their identity further", "declined", declining(), lower),
    Case("broken", ServerBroken, "a bug of ours; the log has it", WHOLE, arrange=broken),
    Case("store-silent", TemporarilyUnavailable, "a store of ours does not answer", WHOLE, arrange=silent),
)

CASES = (*PAGES, *MALFORMED, *UNSUPPORTED, *DECIDED)

#: Codes of the specification that cannot occur here, and why.
NEVER = {
    "unauthorized_client": "there is one flow, for every registered client; a disabled client is not answered at all",
    "account_selection_required": "a browser has one session, and somebody else's identity leads to a sign-in",
    "invalid_request_uri": "`request_uri` is never fetched",
    "invalid_request_object": "`request` is never read",
}
#: `nhs-login.md` §2, in its order.
SPECIFIED = (
    "invalid_request", "unauthorized_client", "access_denied", "unsupported_response_type", "invalid_scope",
    "sso_login_required", "server_error", "temporarily_unavailable", "interaction_required", "login_required",
    "account_selection_required", "consent_required", "invalid_request_uri", "invalid_request_object",
    "request_not_supported", "request_uri_not_supported", "registration_not_supported",
)  # fmt: skip

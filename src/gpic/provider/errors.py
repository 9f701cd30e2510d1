"""What the provider refuses, and to whom it says so.

Refusal
├── Unaddressable               a page: we do not know whom to answer
├── InteractionGone             a page: the request that this page belongs to is over
├── SentBack                    a redirect to the partner
│   ├── InvalidRequest, UnsupportedResponseType, InvalidScope, AccessDenied
│   ├── RequestNotSupported, RequestUriNotSupported, RegistrationNotSupported
│   ├── LoginRequired, SsoLoginRequired, InteractionRequired, ConsentRequired
│   └── ServerBroken, TemporarilyUnavailable
├── TokenRefused                JSON, 400
│   ├── TokenRequestInvalid, ClientInvalid, GrantInvalid, GrantTypeUnsupported, TokenScopeInvalid
└── UserinfoRefused             WWW-Authenticate
    ├── UserinfoUnauthenticated, AccessTokenInvalid (401)
    ├── UserinfoScopeInsufficient (403)
    └── UserinfoRequestInvalid (400)
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Where(StrEnum):
    """Where a refusal may be shown."""

    PAGE = "page"
    REDIRECT = "redirect"
    JSON = "json"


class Refusal(Exception):
    """A request that gets a no. *sentence* is public and ours alone; *detail* is for the log and names no secret."""

    code: ClassVar[str]
    shown: ClassVar[Where]
    status: ClassVar[int] = 400
    sentence: str = ""

    def __init__(self, sentence: str = "", *, detail: str = "") -> None:
        self.sentence = sentence or type(self).sentence
        self.detail = detail
        super().__init__(f"{self.code}: {self.detail or self.sentence}")


class Unaddressable(Refusal):
    """We do not know whom to answer: a page is shown, nobody is redirected."""

    code = "unaddressable"
    shown = Where.PAGE
    sentence = "The service that sent you here made a mistake. Go back to it and try again."


class InteractionGone(Refusal):
    """The request is unknown, expired or finished, or belongs to another browser."""

    code = "interaction_gone"
    shown = Where.PAGE
    status = 410
    sentence = "This page has expired. Go back to the service that you want to use and log in again."


class SentBack(Refusal):
    """The partner is told by redirect (`nhs-login.md` §2)."""

    shown = Where.REDIRECT


class InvalidRequest(SentBack):
    """A parameter is missing, repeated, malformed or in conflict with another."""

    code = "invalid_request"


class UnsupportedResponseType(SentBack):
    """Something else than `code` was asked for."""

    code = "unsupported_response_type"
    sentence = "Only response_type code is supported"


class InvalidScope(SentBack):
    """The scope is malformed, or this client may not ask for it (N5)."""

    code = "invalid_scope"


class AccessDenied(SentBack):
    """The person said no. The text is the one that partners look for."""

    code = "access_denied"
    sentence = "ConsentNotGiven"


class RequestNotSupported(SentBack):
    """Request objects are not supported."""

    code = "request_not_supported"
    sentence = "The request parameter is not supported"


class RequestUriNotSupported(SentBack):
    """Request objects are not supported, and never fetched."""

    code = "request_uri_not_supported"
    sentence = "The request_uri parameter is not supported"


class RegistrationNotSupported(SentBack):
    """Clients are registered beforehand and never by the request itself (OIDC Core §3.1.2.6)."""

    code = "registration_not_supported"
    sentence = "The registration parameter is not supported"


class LoginRequired(SentBack):
    """With prompt=none: the person would have to sign in."""

    code = "login_required"
    sentence = "The person is not signed in"


class SsoLoginRequired(SentBack):
    """With prompt=none: an identity was asserted, and a sign-in is needed all the same (`nhs-login.md` §2, §7)."""

    code = "sso_login_required"
    sentence = "The asserted identity does not spare the person a sign-in"


class InteractionRequired(SentBack):
    """With prompt=none: the person would have to prove their identity better."""

    code = "interaction_required"
    sentence = "The person must prove their identity first"


class ConsentRequired(SentBack):
    """With prompt=none: the person would have to agree to share."""

    code = "consent_required"
    sentence = "The person has not agreed to share everything that was asked for"


class ServerBroken(SentBack):
    """A bug of ours. A redirect cannot carry status 500 (RFC 6749 §4.1.2.1); what happened is for the log alone."""

    code = "server_error"
    sentence = "Something went wrong at NHS login"


class TemporarilyUnavailable(SentBack):
    """A store of ours does not answer now. Nothing is decided, and the same request may do later."""

    code = "temporarily_unavailable"
    sentence = "NHS login cannot answer now, try again later"


class TokenRefused(Refusal):
    """The token endpoint says no, in JSON (`nhs-login.md` §3)."""

    shown = Where.JSON


class TokenRequestInvalid(TokenRefused):
    """A field is missing or repeated, or the form is too large or none at all."""

    code = "invalid_request"
    sentence = "The request is not a form that can be read"


class ClientInvalid(TokenRefused):
    """The client did not prove who it is. One text outward, whatever was wrong; the reason is the detail."""

    code = "invalid_client"
    sentence = "Client authentication failed"


class GrantInvalid(TokenRefused):
    """The code or refresh token does not work for this client. One text outward; the reason is the detail."""

    code = "invalid_grant"
    sentence = "The code or refresh token is not valid"


class GrantTypeUnsupported(TokenRefused):
    """Neither authorization_code nor refresh_token."""

    code = "unsupported_grant_type"
    sentence = "Only authorization_code and refresh_token are supported"


class TokenScopeInvalid(TokenRefused):
    """A refresh may narrow what was granted, never widen it."""

    code = "invalid_scope"
    sentence = "The scope goes beyond what was granted"


class UserinfoRefused(Refusal):
    """/userinfo says no, in JSON and in WWW-Authenticate (`nhs-login.md` §5)."""

    shown = Where.JSON


class UserinfoUnauthenticated(UserinfoRefused):
    """No token was sent; the challenge carries no error code then (RFC 6750 §3.1)."""

    code = ""
    status = 401
    sentence = "A Bearer access token is required"


class AccessTokenInvalid(UserinfoRefused):
    """The token is not ours, expired, revoked, or its client is disabled (N6). One text outward."""

    code = "invalid_token"
    status = 401
    sentence = "The access token is not valid"


class UserinfoScopeInsufficient(UserinfoRefused):
    """The token was not given for userinfo."""

    code = "insufficient_scope"
    status = 403
    sentence = "The access token lacks the scope openid"


class UserinfoRequestInvalid(UserinfoRefused):
    """A token in the query or the form, or two at once (RFC 6750; `attacks-and-interop.md` 24)."""

    code = "invalid_request"
    sentence = "Send the access token once, in the Authorization header"

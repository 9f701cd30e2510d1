"""What the kit raises, and what is done then.

KitRefusal
├── LoginRefused
│   ├── StateUnknown             used, expired, or of another browser
│   ├── CallbackMalformed        repeated parameters, code and error at once, another issuer
│   ├── ProviderSaidNo           NHS login's own error response, typed
│   │   ├── AccessDenied, InvalidScope, UnauthorizedClient, RequestRefused
│   │   ├── LoginRequired, SsoLoginRequired, InteractionRequired, ConsentRequired, AccountSelectionRequired
│   │   └── ServerError, TemporarilyUnavailable
│   ├── CodeRefused              the code is expired or used
│   ├── ClientRefused            the token endpoint does not admit us
│   ├── DiscoveryRefused         metadata or keys of somebody else, or unusable
│   ├── IdTokenInvalid           R13
│   ├── UserinfoInvalid          another sub, or not what was promised
│   └── ProviderSilent           no answer
├── LineRefused
│   ├── SessionOver              the session at the surgery ended, and no other could be opened
│   └── NoPracticeLine           the practice's system has nothing that is called in a session
└── SettingsInvalid              these settings cannot work
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from gpic.relying_party.outcomes import Obstacle


class Remedy(StrEnum):
    """What helps."""

    TELL = "tell"  #: only the person can do something
    RETURN = "return"  #: an automatic return to NHS login, counted by browser (R9)
    WAIT = "wait"  #: later


class KitRefusal(Exception):
    """What the kit raises. *code* is stable, *sentence* public and ours alone, *detail* for the log.

    None of them ever holds a text that came from outside (`attacks-and-interop.md` 38).
    """

    code: ClassVar[str]
    sentence: ClassVar[str]

    def __init__(self, detail: str = "") -> None:
        self.detail = detail
        super().__init__(f"{self.code}: {detail or self.sentence}")


class LoginRefused(KitRefusal):
    """A login that proves nothing."""

    sentence = "Something went wrong with your NHS login. Try again."
    remedy: ClassVar[Remedy] = Remedy.TELL
    obstacle: ClassVar[Obstacle] = Obstacle.LOGIN_FAILED


class StateUnknown(LoginRefused):
    """No attempt of this browser has this state: unknown, used or expired."""

    code = "state_unknown"
    sentence = "This login is over. Start again."


class CallbackMalformed(LoginRefused):
    """The callback is not one that NHS login makes."""

    code = "callback_malformed"


class ProviderSaidNo(LoginRefused):
    """NHS login answered with an error (`nhs-login.md` §2); this one stands for codes that nobody has described."""

    code = "unknown_error"


class AccessDenied(ProviderSaidNo):
    """The person did not agree to share (`nhs-login.md` §8)."""

    code = "access_denied"
    sentence = "You chose not to share your details, so we cannot connect you to your GP surgery."
    obstacle = Obstacle.CONSENT_REFUSED


class InvalidScope(ProviderSaidNo):
    """This client is not registered for a scope that it asks for, or not IM1-enabled (N5)."""

    code = "invalid_scope"
    sentence = "This service is not set up to connect to GP surgeries yet."
    obstacle = Obstacle.NOT_ADMITTED


class UnauthorizedClient(ProviderSaidNo):
    """NHS login does not admit this client."""

    code = "unauthorized_client"
    sentence = "This service is not set up to use NHS login yet."
    obstacle = Obstacle.NOT_ADMITTED


class RequestRefused(ProviderSaidNo):
    """Our request was wrong; nothing that a person does helps."""

    code = "invalid_request"


class SignInNeeded(ProviderSaidNo):
    """NHS login wants to ask the person something that we had forbidden."""

    remedy = Remedy.RETURN
    obstacle = Obstacle.SIGN_IN_NEEDED
    sentence = "You need to log in to NHS login again."


class LoginRequired(SignInNeeded):
    """The person is not signed in, or must sign in again."""

    code = "login_required"


class SsoLoginRequired(SignInNeeded):
    """The asserted identity was not accepted (`nhs-login.md` §7)."""

    code = "sso_login_required"


class InteractionRequired(SignInNeeded):
    """The person must prove their identity first."""

    code = "interaction_required"


class ConsentRequired(SignInNeeded):
    """The person has not agreed to share yet."""

    code = "consent_required"


class AccountSelectionRequired(SignInNeeded):
    """The person must choose an account."""

    code = "account_selection_required"


class ServerError(ProviderSaidNo):
    """NHS login has a fault."""

    code = "server_error"
    remedy = Remedy.WAIT


class TemporarilyUnavailable(ProviderSaidNo):
    """NHS login is too busy."""

    code = "temporarily_unavailable"
    remedy = Remedy.WAIT


class CodeRefused(LoginRefused):
    """The code was expired or used (invalid_grant); a new login gets a new one."""

    code = "code_refused"
    remedy = Remedy.RETURN
    obstacle = Obstacle.SIGN_IN_NEEDED


class ClientRefused(LoginRefused):
    """The token endpoint does not admit this client or its assertion."""

    code = "client_refused"
    obstacle = Obstacle.NOT_ADMITTED


class DiscoveryRefused(LoginRefused):
    """Metadata or keys are not those of the pinned issuer, or cannot be used."""

    code = "discovery_refused"


class IdTokenInvalid(LoginRefused):
    """The ID token proves nothing (R13)."""

    code = "id_token_invalid"


class UserinfoInvalid(LoginRefused):
    """Userinfo tells of somebody else, or not in the form that was promised (R13)."""

    code = "userinfo_invalid"


class ProviderSilent(LoginRefused):
    """NHS login does not answer, or answers that it cannot now."""

    code = "provider_silent"
    remedy = Remedy.WAIT


class LineRefused(KitRefusal):
    """No endpoint of the practice's system can be called for this person."""


class SessionOver(LineRefused):
    """The session ended and no other could be opened: the person must log in again."""

    code = "session_over"
    sentence = "Your session at your GP surgery has ended. Log in again."


class NoPracticeLine(LineRefused):
    """The practice's system has no endpoints that are called in a session, or is not covered any more."""

    code = "no_practice_line"
    sentence = "This service cannot reach your GP surgery's system."


class SettingsInvalid(KitRefusal, ValueError):
    """These settings cannot work; the text is one sentence for whoever wrote them."""

    code = "settings_invalid"
    sentence = "This service is not set up correctly."

    def __str__(self) -> str:
        return self.detail


TYPED: Final[Mapping[str, type[ProviderSaidNo]]] = MappingProxyType(
    {
        refusal.code: refusal
        for refusal in (
            AccessDenied,
            InvalidScope,
            UnauthorizedClient,
            RequestRefused,
            LoginRequired,
            SsoLoginRequired,
            InteractionRequired,
            ConsentRequired,
            AccountSelectionRequired,
            ServerError,
            TemporarilyUnavailable,
        )
    }
)


def said_no(error: str) -> ProviderSaidNo:
    """The refusal for NHS login's error code; a code that we do not know is not repeated."""
    return TYPED.get(error, ProviderSaidNo)()

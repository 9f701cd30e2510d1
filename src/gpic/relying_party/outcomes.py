"""How a login can end for a partner. All are expected, so all are values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gpic.nhs.answers import GpSession, Reason
from gpic.nhs.organisations import OdsCode
from gpic.relying_party.right_patient import Person


class Obstacle(StrEnum):
    """What stands between a person and their practice. The text is a stable code, fit for logs and metrics."""

    # At the GP system
    CLAIM_ABSENT = "claim-absent"  #: NHS login gave no GP details (R8)
    RESTRICTED = "restricted"  #: the account wants a real sign-in (R6)
    DETAILS_REJECTED = "details-rejected"  #: neither token nor linkage key are accepted (R7)
    ALREADY_LINKED = "already-linked"  #: linked before, and the token is lost (R12)
    WRONG_PATIENT = "wrong-patient"  #: the GP system shows somebody else (R5)
    GP_SYSTEM_REFUSES = "gp-system-refuses"  #: for a lasting reason
    NOT_COVERED = "not-covered"  #: no system of ours serves the practice
    # At NHS login
    SIGN_IN_NEEDED = "sign-in-needed"  #: the login ended before it was known who came
    CONSENT_REFUSED = "consent-refused"  #: the person did not agree to share
    NOT_ADMITTED = "not-admitted"  #: NHS login does not admit this client, or not to these scopes
    LOGIN_FAILED = "login-failed"  #: what came back proves nothing (R13)


@dataclass(frozen=True, slots=True)
class Connected:
    """A session at the person's own practice. *signed_in_at* is the original sign-in, from which R16 counts."""

    session: GpSession
    practice: OdsCode
    person: Person
    signed_in_at: datetime | None
    id_token_jti: str  #: names this login in an identity that we assert (R14)
    fingerprint: str = ""  #: of the details that the session came from

    @property
    def supplier(self) -> str:
        """Whose system it is, in lower case."""
        return self.session.supplier


@dataclass(frozen=True, slots=True)
class ReturnToLogin:
    """Redirect the browser there; this return is already counted (R9)."""

    url: str
    why: Obstacle


@dataclass(frozen=True, slots=True)
class TryLater:
    """Nothing is wrong with account or details; somebody does not answer (R10)."""

    after: timedelta
    practice: OdsCode | None = None


@dataclass(frozen=True, slots=True)
class CannotConnect:
    """The person must be told. *refusal* is the GP system's reason, *code* the login's error, where there is one."""

    reason: Obstacle
    practice: OdsCode | None = None
    try_again_after: timedelta | None = None
    refusal: Reason | None = None
    code: str = ""


Outcome = Connected | ReturnToLogin | TryLater | CannotConnect

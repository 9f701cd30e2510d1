"""What a GP system can answer, in one vocabulary for all suppliers. Expected outcomes are values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.secret import Secret


class Reason(StrEnum):
    """Why a GP system says no. The text is a stable code, fit for logs, metrics and audit records."""

    # The person or the record
    NOT_REGISTERED = "not-registered"  #: not a patient of this practice
    UNDER_AGE = "under-age"  #: under the minimum age, or not competent
    ARCHIVED = "archived"  #: the patient or the account is archived
    SEVERAL_RECORDS = "several-records"  #: several records share the NHS number
    DEMOGRAPHICS_DIFFER = "demographics-differ"  #: surname or birth date do not match
    NOT_PDS_MATCHED = "not-pds-matched"  #: the NHS number is unverified in the practice's system
    STATUS_NOT_VALID = "status-not-valid"  #: the patient's status does not allow an online user
    ACCOUNT_NOT_PATIENTS = "account-not-patients"  #: an account exists that is not linked with the patient (EMIS -1109)
    # The practice
    PRACTICE_UNKNOWN = "practice-unknown"
    PRACTICE_NOT_LIVE = "practice-not-live"
    ONLINE_SERVICES_OFF = "online-services-off"
    NOT_COVERED = "not-covered"  #: no supplier of ours serves this practice
    # The account or the secret
    ACCOUNT_UNKNOWN = "account-unknown"  #: no account with this id
    KEY_INVALID = "key-invalid"  #: linkage key or passphrase wrong, expired or revoked
    TOKEN_INVALID = "token-invalid"  # noqa: S105 - a reason, and no token  #: the IM1 token is not accepted
    WRONG_LINK_LEVEL = "wrong-link-level"  #: 'Linked' wanted, 'Restricted' actual (EMIS 403)
    LOCKED = "locked"  #: too many failed attempts, or registration incomplete (TPP 509)
    ALREADY_LINKED = "already-linked"
    ACCOUNT_EXISTS = "account-exists"
    # Our own rules
    TOO_MANY = "too-many-registrations"  #: two were completed within a day (N13)
    WRONG_PATIENT = "wrong-patient"  #: the system showed somebody else (N2)
    # Us
    MALFORMED = "malformed"  #: the supplier finds a field out of range
    APPLICATION_REFUSED = "application-refused"  #: the supplier does not know or admit the calling application


@dataclass(frozen=True, slots=True)
class ShownPatient:
    """Whom a GP system shows for a session: the proof of the right patient (N2, R5)."""

    nhs_numbers: frozenset[NhsNumber]
    demographics: Demographics | None = None

    def __repr__(self) -> str:
        return "ShownPatient(•••)"


@dataclass(frozen=True, slots=True)
class GpSession:
    """An open session; *handle* is that supplier's own form and goes back to the same adapter."""

    supplier: str
    handle: Secret


@dataclass(frozen=True, slots=True)
class Found:
    """The patient has an account; these are its details."""

    credentials: GpCredentials


@dataclass(frozen=True, slots=True)
class NoAccount:
    """The patient is known, or may be, and has no online account: creating one may help."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An account was made, and with it an IM1 token. EMIS tells the details only on a retrieve: then None."""

    token: Im1Token
    credentials: GpCredentials | None


@dataclass(frozen=True, slots=True)
class Linked:
    """The linkage key bought an IM1 token of the calling application."""

    token: Im1Token


@dataclass(frozen=True, slots=True)
class AlreadyLinked:
    """This application has linked this account before, and the system will not say with which token."""

    code: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The token opens a session; this is whom the session shows."""

    shown: ShownPatient


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A session to work with, and whom it shows."""

    session: GpSession
    shown: ShownPatient


@dataclass(frozen=True, slots=True)
class Restricted:
    """The session is open but restricted: the person must sign in at NHS login again (N17, R6)."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The secret itself is not accepted; it must not be presented again (N13). *code* is the supplier's, for logs."""

    reason: Reason
    code: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """No, for a lasting reason that is not the secret's fault (N11). *code* is the supplier's, for logs."""

    reason: Reason
    code: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer: timeout, 5xx, 429, connection. It says nothing about account or secret (N12, R10)."""

    retry_after: timedelta | None = None
    detail: str = field(default="", compare=False)  #: for the log; never the supplier's own words


@dataclass(frozen=True, slots=True)
class Unexpected:
    """An answer that nobody has described. Treated as no answer: nothing is thrown away. *code* is for logs."""

    code: str


Silence = Unreachable | Unexpected
Retrieved = Found | NoAccount | Refused | Silence
AccountOpened = Opened | Refused | Silence
LinkAnswer = Linked | AlreadyLinked | Rejected | Refused | Silence
CheckAnswer = Accepted | Restricted | Rejected | Refused | Silence
SessionAnswer = SessionOpened | Restricted | Rejected | Refused | Silence

"""What the engine needs of others, in its own words. Each implementation passes the contract suite in tests/ports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.nhs.answers import AccountOpened, CheckAnswer, LinkAnswer, Retrieved, Unreachable
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret


@dataclass(frozen=True, slots=True)
class Applicant:
    """Whom a GP system is asked about, and everything that any supplier wants to know for it (N9)."""

    nhs_number: NhsNumber
    practice: OdsCode
    demographics: Demographics
    identity_token: Secret  #: a JWT with the person's last real `auth_time`
    email: str = ""
    mobile: str = ""

    def __repr__(self) -> str:
        return f"Applicant({self.practice})"


class GpSystem(Protocol):
    """One supplier's system as the engine uses it. No method raises for what the system answers."""

    async def retrieve(self, applicant: Applicant) -> Retrieved:
        """The linkage details of the applicant's account, if there is one. Never creates."""
        ...

    async def open_account(self, applicant: Applicant) -> AccountOpened:
        """Create an online account."""
        ...

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """Exchange linkage details for our own IM1 token."""
        ...

    async def check(self, token: Im1Token, practice: OdsCode) -> CheckAnswer:
        """Open a session with our token, see whom it shows, end it."""
        ...

    async def verify_anew(self, applicant: Applicant) -> Retrieved:
        """A fresh verification after a real sign-in, which lifts a restriction (N17)."""
        ...


@dataclass(frozen=True, slots=True)
class Surgery:
    """A practice's system: which supplier, and how to talk to it."""

    supplier: str
    system: GpSystem


class Surgeries(Protocol):
    """Knows which system each practice uses."""

    def system_of(self, practice: OdsCode) -> Surgery | None:
        """The practice's system; None when the practice or its supplier is not covered."""
        ...


@dataclass(frozen=True, slots=True)
class PracticeFound:
    """What PDS says of a person. *practice* None means that PDS names none, which is no proof of having left (N22)."""

    nhs_number: NhsNumber  #: differs from the one asked for when that was superseded
    practice: OdsCode | None
    demographics: Demographics | None
    version: int = 0
    deceased: bool = False  #: formally registered
    given_name: str = ""  #: for the account alone; a GP system is not shown it


@dataclass(frozen=True, slots=True)
class NotOnPds:
    """PDS has no such record, or an invalidated one."""


class Pds(Protocol):
    """The Personal Demographics Service as the engine uses it."""

    async def look_up(self, nhs_number: NhsNumber) -> PracticeFound | NotOnPds | Unreachable:
        """The person's practice, name and birth date."""
        ...


@dataclass(frozen=True, slots=True)
class Person:
    """What the provider's accounts know of a person. *demographics* and *practice* serve when PDS cannot be asked (N20)."""

    id: PersonId
    nhs_number: NhsNumber
    demographics: Demographics
    practice: OdsCode | None
    email: str = ""
    mobile: str = ""
    signed_in_at: datetime | None = None  #: wire clock: the last real sign-in
    former_numbers: frozenset[NhsNumber] = frozenset()  #: numbers that were this person's before (N1)

    @property
    def numbers(self) -> frozenset[NhsNumber]:
        """Every number that is or was this person's: a system that shows any of them shows the right patient (N2)."""
        return self.former_numbers | {self.nhs_number}

    def __repr__(self) -> str:
        return f"Person({self.id})"


class People(Protocol):
    """The persons behind the accounts."""

    async def find(self, person: PersonId) -> Person | None:
        """The person as last known, joined over all accounts."""
        ...

    async def note_practice(self, person: PersonId, practice: OdsCode) -> None:
        """Remember the practice that PDS names."""
        ...

    async def note_number(self, person: PersonId, number: NhsNumber) -> PersonId:
        """Take on the number that PDS gives in place of the person's own, in one transaction.

        Where another person has or had it, the two are one (N1): the accounts go over to that person, who is returned.
        """
        ...


class IdentityTokens(Protocol):
    """Mints the identity token that EMIS wants with a verification (N9)."""

    def mint(self, person: Person) -> Secret:
        """A signed JWT that names the person's NHS number and last real `auth_time`."""
        ...


class Alarms(Protocol):
    """Tells an operator what must never happen."""

    def wrong_patient(self, person: PersonId) -> None:
        """A GP system showed another patient for this person's details (N2)."""
        ...


class AuditEvent(StrEnum):
    """What is written down (N7)."""

    RELEASED = "released"
    REGISTERED = "registered"
    PROVED = "proved"
    CHECKED = "checked"
    REJECTED = "rejected"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    WITHHELD = "withheld"
    WRONG_PATIENT = "wrong-patient"
    CONSENT_WITHDRAWN = "consent-withdrawn"  #: from here on this partner is given nothing (N6)
    REVOKED = "revoked"  #: a login's tokens ended since a code or token came back that somebody else may have
    EXPORTED = "exported"  #: everything that is kept of somebody was handed out to them
    ERASED = "erased"  #: everything that was kept of somebody is gone, but for this trail


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One line of the audit trail; the store turns the person into a random pseudonym. Never a key, token or NHS number."""

    at: datetime
    person: PersonId
    event: AuditEvent
    version: int  #: of the holding
    client_id: str = ""
    why: str = ""  #: a stable code, never foreign words


def withheld_because(holding: Holding, practice: OdsCode | None) -> str:
    """Why these details must not be released: a stable code, "" when they may be (N4, N7)."""
    if holding.state is not State.HELD or holding.details is None:
        return holding.state.value
    return "" if practice in {None, holding.details.ods_code} else "another-practice"


@dataclass(frozen=True, slots=True)
class Saved:
    """The holding is stored; this is it, with its new version."""

    holding: Holding


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody else was faster; nothing was stored. This is what is there now."""

    holding: Holding


class Holdings(Protocol):
    """The cabinet of holdings and of the audit trail, which are written together."""

    async def load(self, person: PersonId) -> Holding:
        """What is held; an EMPTY holding of version 0 for a person never seen."""
        ...

    async def save(self, holding: Holding, *records: AuditRecord) -> Saved | Stale:
        """Store *holding* over the version it was read at, with the records, in one transaction, or nothing of both."""
        ...

    async def release(self, person: PersonId, client_id: str, at: datetime, practice: OdsCode | None) -> GpCredentials | None:
        """The details, if the stored state may be released, with the release record in one transaction.

        *practice* is what `gp_registration_details` names in the same answer: another one means None (N4).
        What is withheld is written down as well, with `withheld_because` as its reason (N7).
        """
        ...

    async def released_at(self, person: PersonId, client_id: str) -> datetime | None:
        """When this client last got this person's details (N16)."""
        ...

    async def note(self, record: AuditRecord) -> None:
        """Write this down, whatever is held (N7)."""
        ...


class Releases(Protocol):
    """What was released, as far as following a person needs it (N18)."""

    async def last_released_at(self, person: PersonId) -> datetime | None:
        """When any partner last got this person's details (world clock); None when nobody ever did."""
        ...


class TaskKind(StrEnum):
    """What the engine leaves for later."""

    REGISTER = "register"
    RECHECK = "recheck"
    CONFIRM = "confirm"  #: open a session and retrieve again, because a partner is back too soon (N16)
    FOLLOW = "follow"  #: look the person up on PDS and follow them to another practice (N18, N20, N22)


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do for one person."""

    kind: TaskKind
    person: PersonId


@dataclass(frozen=True, slots=True)
class Finished:
    """A task came to its end, whatever that was."""


@dataclass(frozen=True, slots=True)
class TryAgainAt:
    """A task wants to be run again, not before this moment of the world clock."""

    when: datetime


TaskOutcome = Finished | TryAgainAt


class Jobs(Protocol):
    """The durable queue as the engine uses it."""

    async def enqueue(self, task: Task, due: datetime) -> None:
        """Leave *task*, to be run once it is due (world clock).

        At most one waits per task and at most one task of a person runs, over all hosts; to enqueue a waiting task
        again keeps it, at the earlier of both moments. A task outlives its worker: it is leased, and run anew when
        the lease ends without an answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How the person came to this login, as far as the engine decides by it (N14, N16, N17)."""

    person: PersonId
    client_id: str
    signed_in_now: bool = False  #: a real sign-in belongs to this very request
    prompt_login: bool = False
    asserted_by_itself: bool = False  #: the identity was asserted by this partner for itself

"""Practices, patients and what the Personal Demographics Service holds of them. All of them are invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.simulators.happenings import Happening as Happening  # noqa: PLC0414 -- found here by those who listen


class Supplier(StrEnum):
    """Who makes the system that a practice uses. OTHER has no stand-in: nobody covers it."""

    EMIS = "emis"
    TPP = "tpp"
    MEDICUS = "medicus"
    OTHER = "other"

    @classmethod
    def named(cls, name: str) -> Supplier:
        """By the name that a mapping file or a person gives it; raises ValueError where it is blank."""
        if not name.strip():
            raise ValueError("a supplier has a name")
        try:
            return cls(name.strip().lower())
        except ValueError:
            return cls.OTHER


class Standing(StrEnum):
    """How a practice's system holds a patient."""

    REGISTERED = "registered"
    ARCHIVED = "archived"
    NON_COMPETENT = "non-competent"
    STATUS_INVALID = "status not valid for an online user"
    SEVERAL_RECORDS = "several records share the NHS number"
    UNMATCHED = "not matched to PDS"


class Death(StrEnum):
    """How PDS knows of a death; the value is its status code."""

    INFORMAL = "1"
    FORMAL = "2"
    UNDONE = "U"


@dataclass(slots=True)
class Practice:
    """A GP practice. *online* is EMIS's "Patient Facing Services", *api_v2* its newer interface."""

    code: OdsCode
    name: str
    supplier: Supplier
    live: bool = True
    online: bool = True
    api_v2: bool = True
    supplier_name: str = ""  #: as the public mapping writes it: "EMIS", "TPP", "MEDICUS", or anybody's
    opened_at: datetime | None = None  #: world clock; None: before the world began
    closed_at: datetime | None = None  #: world clock; None: open
    listings: list[Listing] = field(default_factory=list)  #: what the mapping says of it, in the order of the changes

    def __post_init__(self) -> None:
        self.supplier_name = self.supplier_name or self.supplier.value.upper()


@dataclass(frozen=True, slots=True)
class Listing:
    """A line of the public mapping. *since*: the moment of the world clock at which the directory has it."""

    supplier_name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Succession:
    """One practice took over from another. That ODS holds it is the exception for GP practices."""

    predecessor: OdsCode
    successor: OdsCode
    at: datetime  #: world clock
    told_from: datetime | None = None  #: world clock, when ODS has it; None: it never will


@dataclass(frozen=True, slots=True)
class PdsRecord:
    """What PDS says beside name and birth date (`demographics.md` §1.5). Every change raises *version*."""

    practice: str = ""  #: any organisation's code; empty: no registration is on record
    number: NhsNumber | None = None  #: None: the patient's own
    period_start: str = "2020-01-01"  #: `yyyy-mm-dd`; empty: the period is left out
    period_end: str = ""
    version: int = 1
    confidentiality: str = "U"  #: U, R or V
    death: Death | None = None
    died_on: str = ""  #: `yyyy-mm-dd`; empty once a death is undone
    superseded_by: str = ""  #: slug of the record that replaces this one
    invalidated: bool = False
    birth_date: str = ""  #: shown in place of the patient's own: `yyyy`, `yyyy-mm`
    removal_code: str = ""  #: why the patient left the last practice
    managing_organisation: str = ""
    minimal: bool = False  #: only the identifier


@dataclass(frozen=True, slots=True)
class PdsEntry:
    """One version of a record, and the moment of the world clock from which PDS shows it."""

    since: datetime
    record: PdsRecord


@dataclass(slots=True)
class Patient:
    """One patient. *practice* is where a GP system has them; what PDS names is `pds.practice`."""

    slug: str
    number: NhsNumber
    practice: OdsCode | None
    given_name: str
    family_name: str
    birth_date: str  #: `yyyy-mm-dd`
    title: str = ""
    sex: str = "unknown"  #: as FHIR says it: male, female, other, unknown
    email: str = ""
    phone: str = ""
    level: str = "P9"  #: how well NHS login has proved this identity in the sandbox
    standing: Standing = Standing.REGISTERED
    pds: PdsRecord = field(default_factory=PdsRecord)
    pds_history: list[PdsEntry] = field(default_factory=list)  #: empty: nothing has changed yet
    standing_alive: Standing | None = None  #: before a formal death archived the record; None: alive
    acts_for: tuple[str, ...] = ()  #: slugs of the people for whom GP systems let this patient act (proxy)
    shown_as: str = ""  #: slug of the patient whom GP systems show in this one's place (J23)

    def __repr__(self) -> str:
        return f"Patient({self.slug})"

    @property
    def full_name(self) -> str:
        """Title, given name, family name."""
        return " ".join(part for part in (self.title, self.given_name, self.family_name) if part)

    def age_on(self, day: date) -> int:
        """Full years of age."""
        born = date.fromisoformat(self.birth_date)
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class Email:
    """A letter in the visible outbox (G2)."""

    number: int
    to: str
    subject: str
    person: str  #: slug
    application: str
    at_wire: datetime
    at_world: datetime

"""What each event of the world takes, as JSON. The titles say what a form should offer."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from gpic.simulators.accounts import AccountStatus
from gpic.simulators.people import Standing

Person = Annotated[str, Meta(title="person", description="A person's slug")]
People = Annotated[list[str], Meta(title="people", description="Slugs")]
Practice = Annotated[str, Meta(title="practice", description="A practice's code")]
Text = Annotated[str, Meta(title="text")]
System = Annotated[
    str, Meta(description="A maker's name; any other is one that nobody covers", examples=["EMIS", "TPP", "MEDICUS", "OTHER"])
]


class OfPerson(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody."""

    person: Person


class OfPractice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A practice."""

    practice: Practice


class MovePatient(OfPerson, frozen=True, kw_only=True):
    """Where to, and whether PDS hears of it."""

    to: Practice
    account: bool = False
    pds: bool = True


class MergePractices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which practice ends in which."""

    closing: Practice
    surviving: Practice
    accounts: bool = False
    in_ods: bool = False


class DividePractice(OfPractice, frozen=True, kw_only=True):
    """The new code, and who goes there."""

    new_code: Text
    leaving: People
    accounts: bool = False
    in_ods: bool = False


class MigrateSystem(OfPractice, frozen=True, kw_only=True):
    """The new system, and the new code where there is one."""

    system: System
    new_code: Text = ""
    accounts: bool = False


class RestrictRecord(OfPerson, frozen=True, kw_only=True):
    """Unrestricted, restricted or very restricted."""

    confidentiality: Annotated[str, Meta(pattern="^[URV]$")] = "R"


class RevokeAccess(OfPerson, frozen=True, kw_only=True):
    """For good, or until somebody registers again."""

    may_register_again: bool = True


class LockAccount(OfPerson, frozen=True, kw_only=True):
    """Whether a new registration is allowed."""

    may_register_again: bool = False


class ResetAccount(OfPerson, frozen=True, kw_only=True):
    """Whether the key changes, and whether links are dropped rather than restricted."""

    rotates_key: bool = False
    drops_links: bool = False


class Die(OfPerson, frozen=True, kw_only=True):
    """Formally registered, or not yet."""

    formal: bool = True


class AnswerForWrongPatient(OfPerson, frozen=True, kw_only=True):
    """Whom GP systems show; the same person ends it."""

    shown: Person


class MergeRecords(OfPerson, frozen=True, kw_only=True):
    """Whose record survives."""

    into: Person


class Deregister(OfPerson, frozen=True, kw_only=True):
    """Why, as PDS codes it."""

    removal_code: Text = "ORR"


class SetStanding(OfPerson, frozen=True, kw_only=True):
    """How the practice's system holds them."""

    standing: Standing


class SetAccountStatus(OfPerson, frozen=True, kw_only=True):
    """How the practice's system holds their account."""

    status: AccountStatus
    belongs_to_patient: bool = True


class LetActFor(OfPerson, frozen=True, kw_only=True):
    """For whom, and for nobody else."""

    others: People


class OpenPractice(OfPractice, frozen=True, kw_only=True):
    """Its name, and its system: EMIS, TPP, MEDICUS or anybody's."""

    name: Text
    system: System


class SwitchOff(OfPractice, frozen=True, kw_only=True):
    """All of them, or at EMIS the second version of their interface alone."""

    only_api_v2: bool = False

"""PDS's words: the fields that we read of a FHIR Patient and of an OperationOutcome (`demographics.md` §1.5, §1.7)."""

from __future__ import annotations

import msgspec


class Words(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Fields in camelCase, unknown ones unread. The repr shows none of them."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(•••)"


class Period(Words, frozen=True, rename="camel"):
    """From when to when; dates, or date-times, or parts of a date."""

    end: str | None = None


class OrganisationIdentifier(Words, frozen=True, rename="camel"):
    """A practice's ODS code; the period stands inside the identifier."""

    value: str | None = None
    period: Period | None = None


class GeneralPractitioner(Words, frozen=True, rename="camel"):
    """The practice that the patient is or was registered with."""

    identifier: OrganisationIdentifier | None = None


class HumanName(Words, frozen=True, rename="camel"):
    """One of the patient's names."""

    use: str | None = None
    family: str | None = None
    given: tuple[str, ...] = ()


class Meta(Words, frozen=True, rename="camel"):
    """The record's version."""

    version_id: str | None = None


class Coding(Words, frozen=True, rename="camel"):
    """A code of some list."""

    code: str | None = None


class CodeableConcept(Words, frozen=True, rename="camel"):
    """Codes for one thing."""

    coding: tuple[Coding, ...] = ()


class Extension(Words, frozen=True, rename="camel"):
    """An extension, as far as the death notification goes; others have other values, which are unread."""

    url: str = ""
    value_codeable_concept: CodeableConcept | None = None
    extension: tuple[Extension, ...] = ()


class Patient(Words, frozen=True, rename="camel"):
    """A Patient; only `id` is promised."""

    id: str
    meta: Meta | None = None
    name: tuple[HumanName, ...] = ()
    birth_date: str | None = None
    general_practitioner: tuple[GeneralPractitioner, ...] = ()
    extension: tuple[Extension, ...] = ()


class Issue(Words, frozen=True, rename="camel"):
    """What went wrong; `diagnostics` may change and is unread."""

    details: CodeableConcept | None = None


class OperationOutcome(Words, frozen=True, rename="camel"):
    """The body of an error."""

    issue: tuple[Issue, ...] = ()

    @property
    def codes(self) -> frozenset[str]:
        """Every Spine code that it names."""
        details = (issue.details for issue in self.issue if issue.details)
        return frozenset(coding.code for detail in details for coding in detail.coding if coding.code)

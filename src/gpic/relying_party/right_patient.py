"""The right patient: whom the login names, and whether a GP system shows the same (R5)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from gpic.nhs.answers import ShownPatient
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber


@dataclass(frozen=True, slots=True)
class Person:
    """Who logged in. *nhs_number* is known with scope `profile`, and then it alone is the proof."""

    sub: str
    demographics: Demographics | None = None
    nhs_number: NhsNumber | None = None


def is_right_patient(person: Person, shown: ShownPatient) -> bool:
    """R5: by NHS number where the login gave one, else by surname and birth date. Nothing shown proves nothing."""
    if person.nhs_number is not None:
        return person.nhs_number in shown.nhs_numbers
    if person.demographics is None or shown.demographics is None:
        return False
    ours, theirs = person.demographics, shown.demographics
    return ours.birth_date == theirs.birth_date and folded(ours.family_name) == folded(theirs.family_name) != ""


def folded(name: str) -> str:
    """A surname without the differences that typing makes: case, spaces, and how an accent is composed."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())

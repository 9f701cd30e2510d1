"""Looking a patient up by what they are called: one match or none (`demographics.md` §1.2, §1.6, §1.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gpic.simulators.people import Patient, PdsRecord

MAX_RESULTS: Final = "_max-results"
NEEDED: Final = ("family", "birthdate")
#: By these, restricted patients are not found.
TELLING_WHERE: Final = frozenset({"address-postalcode", "general-practitioner"})

Match = Callable[[str, Patient, PdsRecord], bool]


def is_like(pattern: str, text: str) -> bool:
    """Whatever the case; a final `*` stands for any ending, after two letters at least."""
    wanted, given = pattern.strip().casefold(), text.strip().casefold()
    return given.startswith(wanted[:-1]) if wanted.endswith("*") and len(wanted) > len("ab") else given == wanted


def is_of_day(pattern: str, text: str) -> bool:
    """`eq`, `ge` and `le` before a day; none is `eq`."""
    operator, day = (pattern[:2], pattern[2:]) if pattern[:2].isalpha() else ("eq", pattern)
    if operator == "ge":
        return text >= day
    return text <= day if operator == "le" else operator == "eq" and text == day


MATCHES: Final[Mapping[str, Match]] = {
    "family": lambda asked, patient, _: is_like(asked, patient.family_name),
    "given": lambda asked, patient, _: is_like(asked, patient.given_name),
    "gender": lambda asked, patient, _: asked == patient.sex,
    "birthdate": lambda asked, patient, record: is_of_day(asked, record.birth_date or patient.birth_date),
    "death-date": lambda asked, _, record: bool(record.died_on) and is_of_day(asked, record.died_on),
    "general-practitioner": lambda asked, _, record: asked.upper() == record.practice,
    "address-postalcode": lambda asked, _, __: asked.replace(" ", "").upper() == "ZZ993VZ",
    "email": lambda asked, patient, _: is_like(asked, patient.email),
    "phone": lambda asked, patient, _: asked == patient.phone,
}
#: These change how it is searched, not what for; here nothing is fuzzy.
MANNERS: Final = frozenset({MAX_RESULTS, "_fuzzy-match", "_exact-match", "_history"})


def matching(asked: Mapping[str, str], patient: Patient, record: PdsRecord) -> bool:
    """Whether this record is meant. Records that are gone or show nothing of themselves are never found."""
    hidden = record.confidentiality == "V" or (record.confidentiality == "R" and not TELLING_WHERE.isdisjoint(asked))
    if record.invalidated or record.superseded_by or record.minimal or hidden:
        return False
    return all(MATCHES[name](value, patient, record) for name, value in asked.items() if name in MATCHES)

"""What a PDS reply means: pure functions (`demographics.md` §1.5 to §1.7)."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from gpic.credentials.ports import NotOnPds, PracticeFound
from gpic.demographics.pds import wire
from gpic.nhs.answers import Unreachable
from gpic.nhs.credentials import Demographics
from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.nhs.organisations import OdsCode, OdsCodeInvalid
from gpic.outbound import Reply, no_answer

OK: Final = 200
NOT_FOUND: Final = 404
#: The two ways of having no record, told apart from a 404 of some gateway by their Spine codes (§1.7).
ABSENT: Final = frozenset({"RESOURCE_NOT_FOUND", "INVALIDATED_RESOURCE"})
DEATH_STATUS: Final = "DeathNotificationStatus"
FORMAL: Final = "2"  #: the registrar's word; 1 is hearsay, U takes it back
FULL_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def found(reply: Reply, today: date) -> PracticeFound | NotOnPds | Unreachable:
    """The person's practice, name and birth date; whatever is no answer about a person is Unreachable (N12)."""
    if reply.status == NOT_FOUND:
        outcome = reply.read(wire.OperationOutcome)
        return NotOnPds() if outcome and outcome.codes & ABSENT else Unreachable(detail="pds-404")
    if reply.status != OK:
        return no_answer(reply) or Unreachable(detail=f"pds-{reply.status}")
    patient = reply.read(wire.Patient)
    number = _number(patient.id) if patient else None
    if patient is None or number is None:
        return Unreachable(detail="pds-unreadable")
    return PracticeFound(
        nhs_number=number,  # another than was asked for, where that was superseded (N22)
        practice=_practice(patient, today),
        demographics=_demographics(patient),
        version=_version(patient),
        deceased=_is_formally_dead(patient),
        given_name=_given_name(patient),
    )


def _number(text: str) -> NhsNumber | None:
    try:
        return NhsNumber(text)
    except NhsNumberInvalid:
        return None


def _practice(patient: wire.Patient, today: date) -> OdsCode | None:
    """The practice, unless its period is over; a missing period, or one without end, is a registration (§1.5)."""
    for entry in patient.general_practitioner:
        identifier = entry.identifier
        if identifier and not _is_over(identifier.period, today):
            try:
                return OdsCode(identifier.value or "")
            except OdsCodeInvalid:
                continue
    return None


def _is_over(period: wire.Period | None, today: date) -> bool:
    """Whether the period ended before today; a partial date lasts as long as it can (`2026-03` to the end of March)."""
    end = (period.end or "")[:10] if period else ""
    return bool(end) and end < today.isoformat()[: len(end)]


def _demographics(patient: wire.Patient) -> Demographics | None:
    """Surname and birth date, if PDS tells both, and the date in full (very restricted records have neither)."""
    family = next((name.family for name in patient.name if name.use == "usual" and name.family), None)
    born = patient.birth_date or ""
    return Demographics(family, born) if family and FULL_DATE.fullmatch(born) else None


def _given_name(patient: wire.Patient) -> str:
    usual = next((name for name in patient.name if name.use == "usual"), None)
    return " ".join(usual.given) if usual else ""


def _version(patient: wire.Patient) -> int:
    text = (patient.meta.version_id if patient.meta else None) or ""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0


def _is_formally_dead(patient: wire.Patient) -> bool:
    parts = (part for outer in patient.extension if DEATH_STATUS in outer.url for part in (outer, *outer.extension))
    concepts = (part.value_codeable_concept for part in parts if part.value_codeable_concept)
    return any(coding.code == FORMAL for concept in concepts for coding in concept.coding)

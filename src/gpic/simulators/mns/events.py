"""Events as they are delivered: version 2 as CloudEvents or as a FHIR Bundle, and version 1 (`demographics.md` §2.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gpic.simulators.happenings import Happening, What
from gpic.simulators.mns.settings import MnsSettings
from gpic.simulators.people import Death, Patient

ASID: Final = "https://fhir.nhs.uk/Id/nhsSpineASID"
PDS_ASID: Final = "477121000323"
PDS: Final = "https://api.service.nhs.uk/personal-demographics/FHIR/R4/Patient"
BACKPORT: Final = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4"
NUMBERS: Final = "https://fhir.nhs.uk/Id/nhs-number"

TEST_SIGNAL: Final = "mns-test-signal-1"
RECORD_CHANGE: Final = "pds-record-change-2"
#: What PDS tells of, and under which name; "-1" or "-2" follows.
NAMES: Final[Mapping[What, str]] = {
    What.PDS_PRACTICE_CHANGED: "pds-change-of-gp",
    What.PDS_DEATH_CHANGED: "pds-death-notification",
    What.PDS_NUMBER_CHANGED: "nhs-number-change",
}
TYPES: Final = frozenset({f"{name}-{version}" for name in NAMES.values() for version in (1, 2)} | {RECORD_CHANGE, TEST_SIGNAL})
#: Transfers in are most; mergers and divisions, and the first message before approval, have no code.
TRANSFER_IN: Final = "3"
WITHOUT_CODE: Final = frozenset({What.PRACTICES_MERGED, What.PRACTICE_DIVIDED})

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Event:
    """One event before it has a form. *content* is what version 1 tells beside the version."""

    id: str
    type: str
    at: datetime
    number: str = ""
    record_version: int = 0
    person: str = ""  #: slug, for the journal
    content: Mapping[str, str] = ()  # type: ignore[assignment] # replaced below
    family_name: str = ""
    birth_date: str = ""


def events_of(happening: Happening, patient: Patient, new_id: Callable[[], str]) -> list[Event]:
    """Everything that MNS publishes of it: each version of its own kind, and any change at all as a record change."""
    number = happening.nhs_number or patient.number
    plain = Event(
        id="",
        type=RECORD_CHANGE,
        at=happening.at_wire,
        number=number.digits,
        record_version=happening.record_version,
        person=patient.slug,
        content={},
        family_name=patient.family_name.upper(),
        birth_date=patient.birth_date,
    )
    if happening.kind is What.PDS_CHANGED:
        return [replace(plain, id=new_id())]
    name = NAMES.get(happening.kind)
    if name is None:
        return []
    first = [replace(plain, id=new_id(), type=f"{name}-1", content=content) for content in _first_contents(happening, patient)]
    return [*first, replace(plain, id=new_id(), type=f"{name}-2")]


def _first_contents(happening: Happening, patient: Patient) -> list[dict[str, str]]:
    """What the events of version 1 say; a registration is told twice, without a code and then with it."""
    match happening.kind:
        case What.PDS_PRACTICE_CHANGED if happening.cause in WITHOUT_CODE:
            return [{"registrationEncounterCode": ""}]
        case What.PDS_PRACTICE_CHANGED:
            return [{"registrationEncounterCode": ""}, {"registrationEncounterCode": TRANSFER_IN}]
        case What.PDS_DEATH_CHANGED:
            return [{"deathNotificationStatus": (patient.pds.death or Death.UNDONE).value}]
        case _:
            return [{"nhsNumberStatus": "I" if patient.pds.invalidated else "R"}]


def cloud_event(event: Event, settings: MnsSettings) -> Json:
    """Version 2, `application/json`; there is no `data`."""
    body: Json = {
        "specversion": "1.0",
        "id": event.id,
        "source": f"{ASID}/{PDS_ASID}",
        "type": event.type,
        "time": moment(event.at, settings),
    }
    if event.number and "subject" not in settings.leave_out:
        body["subject"] = event.number
    if event.type == RECORD_CHANGE:
        if "versionid" not in settings.leave_out:
            body["versionid"] = f'W/"{event.record_version}"'
    elif event.number and "dataref" not in settings.leave_out:
        body["dataref"] = f"{PDS}/{event.number}"
    return body | ({"invented": {"by": "nobody"}} if settings.more_fields else {})


def bundle(event: Event, settings: MnsSettings, subscription: str, new_id: Callable[[], str]) -> Json:
    """Version 2, `application/fhir+json`: the parameters stand in a fixed order; `event-number` is a constant."""
    at = moment(event.at, settings)
    context: list[Json] = [
        {"name": "event-type", "valueCode": event.type},
        {"name": "source", "valueUri": f"{ASID}/{PDS_ASID}"},
    ]
    if event.number and "subject" not in settings.leave_out:
        context.append({"name": "subject", "valueReference": {"identifier": {"value": event.number}}})
    if event.type == RECORD_CHANGE and "versionid" not in settings.leave_out:
        context.append({"name": "version-id", "valueString": f'W/"{event.record_version}"'})
    notified: list[Json] = [{"name": "event-number", "valueString": "1"}, {"name": "timestamp", "valueInstant": at}]
    if event.number and "dataref" not in settings.leave_out and event.type != RECORD_CHANGE:
        notified.append({"name": "focus", "valueReference": {"reference": f"{PDS}/{event.number}"}})
    parameters: Json = {
        "resourceType": "Parameters",
        "id": new_id() if settings.bundle_ids_differ else event.id,
        "meta": {"profile": [BACKPORT]},
        "parameter": [
            {"name": "subscription", "valueReference": {"reference": f"Subscription/{subscription}"}},
            {"name": "status", "valueCode": "active"},
            {"name": "type", "valueCode": "event-notification"},
            {"name": "notification-event", "part": notified},
            {"name": "additional-context", "part": context},
        ],
    }
    entry = {"fullUrl": f"urn:uuid:{parameters['id']}", "resource": parameters}
    body: Json = {"resourceType": "Bundle", "id": event.id, "type": "history", "timestamp": at, "entry": [entry]}
    return body | ({"invented": {"by": "nobody"}} if settings.more_fields else {})


def first_version(event: Event, settings: MnsSettings) -> Json:
    """Version 1, which is no CloudEvent."""
    subject: Json = {"nhsNumber": event.number, "familyName": event.family_name, "dob": event.birth_date}
    body: Json = {
        "id": event.id,
        "type": event.type,
        "time": moment(event.at, settings),
        "source": {"name": "", "identifier": {"system": ASID, "value": PDS_ASID}},
        "data": {
            "versionId": f'W/"{event.record_version}"',
            "fullUrl": f"{PDS}/{event.number}",
            "provenance": {"name": "", "identifier": {"system": ASID, "value": PDS_ASID}},
            **event.content,
        },
    }
    if "subject" not in settings.leave_out:
        body["subject"] = subject
    return body | ({"invented": {"by": "nobody"}} if settings.more_fields else {})


def moment(at: datetime, settings: MnsSettings) -> str:
    """RFC 3339: whole seconds with Z, or microseconds with an offset; both have been seen."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if settings.whole_seconds else at.isoformat(timespec="microseconds")

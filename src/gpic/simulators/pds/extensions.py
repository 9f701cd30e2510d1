"""What stands in the extensions of a Patient: death, removal, pharmacies, birth place (`demographics.md` §1.5)."""

from __future__ import annotations

from typing import Final

from gpic.simulators.people import Patient, PdsRecord

ORGANISATIONS: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
DEATH: Final = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DeathNotificationStatus"
DEATH_CODES: Final = "https://fhir.hl7.org.uk/CodeSystem/UKCore-DeathNotificationStatus"
REMOVAL: Final = "https://fhir.nhs.uk/StructureDefinition/Extension-PDS-RemovalFromRegistration"
REMOVAL_CODES: Final = "https://fhir.nhs.uk/CodeSystem/PDS-RemovalReasonExitCode"
BIRTH_PLACE: Final = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
PHARMACIES: Final = (
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NominatedPharmacy",
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-PreferredDispenserOrganization",
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-MedicalApplianceSupplier",
)
PHARMACY_CODES: Final = ("FZ901", "FZ902", "FZ903")

DEATH_WORDS: Final = {
    "1": "Informal - death notice received via an update from a local NHS Organisation such as GP or Trust",
    "2": "Formal - death notice received from Registrar of Deaths",
    "U": "Removed",
}
#: What every application is told of a removal; whatever else was the reason shows as "other".
BY_DEATH: Final = "DEA"
OTHER_REASON: Final = "ORR"
OPEN_REASONS: Final = frozenset({BY_DEATH, "EMB", "SCT", "NIT", "TRA", OTHER_REASON})

Resource = dict[str, object]
Extension = dict[str, object]


def of(patient: Patient, record: PdsRecord, *, privileged: bool, found: bool) -> list[Extension]:
    """All that this record has, in PDS's order."""
    told = [_pharmacy(url, code) for url, code in zip(PHARMACIES, PHARMACY_CODES, strict=True)]
    if record.death is not None:
        told.append(_death(patient, record, record.death.value))
    told.append({"url": BIRTH_PLACE, "valueAddress": {"city": "Example Town", "country": "GBR"}})
    if record.removal_code and not found:
        told.append(_removal(patient, record, privileged=privileged))
    return told


def _pharmacy(url: str, code: str) -> Extension:
    return {"url": url, "valueReference": {"identifier": {"system": ORGANISATIONS, "value": code}}}


def _death(patient: Patient, record: PdsRecord, code: str) -> Extension:
    coding = {"system": DEATH_CODES, "version": "1.0.0", "code": code, "display": DEATH_WORDS[code]}
    status: Extension = {"url": "deathNotificationStatus", "valueCodeableConcept": {"coding": [coding]}}
    since = _since(patient, record, "death")
    effective: list[Extension] = [{"url": "systemEffectiveDate", "valueDateTime": since}] if since else []
    return {"url": DEATH, "extension": [status, *effective]}


def _removal(patient: Patient, record: PdsRecord, *, privileged: bool) -> Extension:
    code = record.removal_code if privileged or record.removal_code in OPEN_REASONS else OTHER_REASON
    reason: Extension = {
        "url": "removalFromRegistrationCode",
        "valueCodeableConcept": {"coding": [{"system": REMOVAL_CODES, "code": code}]},
    }
    since = _since(patient, record, "removal_code")
    effective: list[Extension] = [{"url": "effectiveTime", "valuePeriod": {"start": since}}] if since else []
    return {"url": REMOVAL, "extension": [reason, *effective]}


def _since(patient: Patient, record: PdsRecord, name: str) -> str:
    """From when the record has said so without a break, RFC 3339; empty where it always has."""
    since = ""
    value = getattr(record, name)
    for entry in patient.pds_history:
        if entry.record.version > record.version:
            break
        if getattr(entry.record, name) != value:
            since = ""
        elif not since and entry.record.version > 1:
            since = entry.since.isoformat(timespec="seconds")
    return since

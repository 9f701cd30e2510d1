"""A Patient resource as PDS shows it (`demographics.md` §1.5, §1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gpic.simulators.people import Death, Patient, PdsRecord

NUMBERS: Final = "https://fhir.nhs.uk/Id/nhs-number"
ORGANISATIONS: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
VERIFICATION: Final = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
VERIFICATION_CODES: Final = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
DEATH: Final = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DeathNotificationStatus"
DEATH_CODES: Final = "https://fhir.hl7.org.uk/CodeSystem/UKCore-DeathNotificationStatus"
REMOVAL: Final = "https://fhir.nhs.uk/StructureDefinition/Extension-PDS-RemovalFromRegistration"
REMOVAL_CODES: Final = "https://fhir.nhs.uk/CodeSystem/PDS-RemovalReasonExitCode"

#: What confidentiality takes away from ordinary applications. "V" keeps its practice from privileged ones, too.
WITHHELD: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "U": frozenset(),
        "R": frozenset({"generalPractitioner", "telecom", "address", "contact"}),
        "V": frozenset({"generalPractitioner", "telecom", "address", "contact", "name", "birthDate"}),
    }
)
CONFIDENTIALITY_WORDS: Final = {"U": "unrestricted", "R": "restricted", "V": "very restricted"}

Resource = dict[str, object]


def patient_resource(patient: Patient, record: PdsRecord, *, privileged: bool = False) -> Resource:
    """The resource as an application sees it; *privileged* ones see where an R patient is registered."""
    whole = _minimal(patient, record)
    if not record.minimal:
        whole |= _named(patient, record) | _registered(record) | _left(record)
    withheld = WITHHELD[record.confidentiality]
    if privileged and record.confidentiality == "R":
        withheld -= {"generalPractitioner", "address"}
    return {name: value for name, value in whole.items() if name not in withheld}


def _minimal(patient: Patient, record: PdsRecord) -> Resource:
    verified = {
        "coding": [{"system": VERIFICATION_CODES, "version": "1.0.0", "code": "01", "display": "Number present and verified"}]
    }
    number = {
        "system": NUMBERS,
        "value": patient.number.digits,
        "extension": [{"url": VERIFICATION, "valueCodeableConcept": verified}],
    }
    security = {
        "system": CONFIDENTIALITY,
        "code": record.confidentiality,
        "display": CONFIDENTIALITY_WORDS[record.confidentiality],
    }
    return {
        "resourceType": "Patient",
        "id": patient.number.digits,
        "identifier": [number],
        "meta": {"versionId": str(record.version), "security": [security]},
    }


def _named(patient: Patient, record: PdsRecord) -> Resource:
    name: Resource = {
        "id": "123",
        "use": "usual",
        "period": {"start": patient.birth_date},
        "given": [patient.given_name],
        "family": patient.family_name,
    }
    if patient.title:
        name["prefix"] = [patient.title]
    resource: Resource = {"name": [name], "gender": patient.sex, "birthDate": record.birth_date or patient.birth_date}
    telecom = [
        {
            "id": identifier,
            "period": {"start": "2020-01-01"},
            "system": system,
            "value": value,
            "use": "mobile" if system == "phone" else "home",
        }
        for identifier, system, value in (("789", "phone", patient.phone), ("790", "email", patient.email))
        if value
    ]
    return resource | ({"telecom": telecom} if telecom else {})


def _registered(record: PdsRecord) -> Resource:
    """`generalPractitioner`: the period stands inside the identifier."""
    if not record.practice:
        return {}
    identifier: Resource = {"system": ORGANISATIONS, "value": record.practice}
    period = {name: value for name, value in (("start", record.period_start), ("end", record.period_end)) if value}
    if period:
        identifier["period"] = period
    return {"generalPractitioner": [{"id": "254406A3", "type": "Organization", "identifier": identifier}]}


def _left(record: PdsRecord) -> Resource:
    """Death, removal, and who keeps the record of a patient who left."""
    extensions: list[Resource] = []
    resource: Resource = {}
    if record.death is not None:
        status = {
            "coding": [
                {"system": DEATH_CODES, "version": "1.0.0", "code": record.death.value, "display": record.death.name.title()}
            ]
        }
        extensions.append({"url": DEATH, "extension": [{"url": "deathNotificationStatus", "valueCodeableConcept": status}]})
    if record.death in (Death.FORMAL, Death.INFORMAL) and record.died_on:
        resource["deceasedDateTime"] = f"{record.died_on}T00:00:00+00:00"
    if record.removal_code:
        reason = {"coding": [{"system": REMOVAL_CODES, "code": record.removal_code}]}
        inner = [{"url": "removalFromRegistrationCode", "valueCodeableConcept": reason}]
        extensions.append({"url": REMOVAL, "extension": inner})
    if record.managing_organisation:
        identifier = {"system": ORGANISATIONS, "value": record.managing_organisation}
        resource["managingOrganization"] = {"type": "Organization", "identifier": identifier}
    return resource | ({"extension": extensions} if extensions else {})

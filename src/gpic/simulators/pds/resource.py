"""A Patient resource as PDS shows it (`demographics.md` §1.5, §1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gpic.simulators.pds import extensions
from gpic.simulators.pds.extensions import ORGANISATIONS, Resource
from gpic.simulators.people import Death, Patient, PdsRecord

NUMBERS: Final = "https://fhir.nhs.uk/Id/nhs-number"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
VERIFICATION: Final = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
VERIFICATION_CODES: Final = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
#: Nobody lives there: the postcode that the NHS gives to addresses in England of which it knows nothing.
POSTCODE: Final = "ZZ99 3VZ"
WHOLE_DAY: Final = len("yyyy-mm-dd")

#: What confidentiality takes away from ordinary applications. "V" keeps its practice from privileged ones, too.
SECRET: Final = frozenset(
    {"generalPractitioner", "telecom", "address", "contact", extensions.BIRTH_PLACE, *extensions.PHARMACIES}
)
WITHHELD: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"U": frozenset(), "R": SECRET, "V": SECRET | {"name", "birthDate"}}
)
SHOWN_TO_THE_PRIVILEGED: Final = frozenset({"generalPractitioner", "address"})
CONFIDENTIALITY_WORDS: Final = {"U": "unrestricted", "R": "restricted", "V": "very restricted"}


def patient_resource(patient: Patient, record: PdsRecord, *, privileged: bool = False, found: bool = False) -> Resource:
    """The resource as an application sees it; *privileged* ones see where an R patient is registered.

    *found*: by a search, which tells no reason of a removal.
    """
    whole = _minimal(patient, record)
    if not record.minimal:
        whole |= _named(patient, record) | _reached(patient) | _registered(record) | _ended(record)
        whole["extension"] = extensions.of(patient, record, privileged=privileged, found=found)
    withheld = WITHHELD[record.confidentiality]
    if privileged and record.confidentiality == "R":
        withheld -= SHOWN_TO_THE_PRIVILEGED
    return _without(whole, withheld)


def _without(whole: Resource, withheld: frozenset[str]) -> Resource:
    """Fields and extensions that may be told; none that is empty."""
    kept = {name: value for name, value in whole.items() if name not in withheld}
    listed = kept.pop("extension", [])
    told = [one for one in listed if one["url"] not in withheld] if isinstance(listed, list) else []
    return kept | ({"extension": told} if told else {})


def _minimal(patient: Patient, record: PdsRecord) -> Resource:
    digits = (record.number or patient.number).digits
    verified = {
        "coding": [{"system": VERIFICATION_CODES, "version": "1.0.0", "code": "01", "display": "Number present and verified"}]
    }
    number = {
        "system": NUMBERS,
        "value": digits,
        "extension": [{"url": VERIFICATION, "valueCodeableConcept": verified}],
    }
    security = {
        "system": CONFIDENTIALITY,
        "code": record.confidentiality,
        "display": CONFIDENTIALITY_WORDS[record.confidentiality],
    }
    return {
        "resourceType": "Patient",
        "id": digits,
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
    return {"name": [name], "gender": patient.sex, "birthDate": record.birth_date or patient.birth_date}


def _reached(patient: Patient) -> Resource:
    """Address, emergency contact, phone and e-mail; the first two are the same for everybody who was invented."""
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
    home: Resource = {
        "id": "456",
        "period": {"start": "2020-01-01"},
        "use": "home",
        "line": ["1 INVENTED LANE", "EXAMPLE TOWN"],
        "postalCode": POSTCODE,
    }
    emergency: Resource = {
        "id": "C123",
        "relationship": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/v2-0131", "code": "C", "display": "Emergency Contact"}
                ]
            }
        ],
        "telecom": [{"system": "phone", "value": "01632960587"}],
    }
    return {"address": [home], "contact": [emergency]} | ({"telecom": telecom} if telecom else {})


def _registered(record: PdsRecord) -> Resource:
    """`generalPractitioner`: the period stands inside the identifier."""
    if not record.practice:
        return {}
    identifier: Resource = {"system": ORGANISATIONS, "value": record.practice}
    period = {name: value for name, value in (("start", record.period_start), ("end", record.period_end)) if value}
    if period:
        identifier["period"] = period
    return {"generalPractitioner": [{"id": "254406A3", "type": "Organization", "identifier": identifier}]}


def _ended(record: PdsRecord) -> Resource:
    """The day of death, and who keeps the record of a patient who left; nobody where they left by death."""
    resource: Resource = {}
    if record.death in (Death.FORMAL, Death.INFORMAL) and record.died_on:
        whole_day = len(record.died_on) == WHOLE_DAY
        resource["deceasedDateTime"] = f"{record.died_on}T00:00:00+00:00" if whole_day else record.died_on
    if record.managing_organisation and record.removal_code != extensions.BY_DEATH:
        identifier = {"system": ORGANISATIONS, "value": record.managing_organisation}
        resource["managingOrganization"] = {"type": "Organization", "identifier": identifier}
    return resource

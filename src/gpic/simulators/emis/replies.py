"""What EMIS shows: bodies of replies, PascalCase (`gp-systems.md` §2.2, §3.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gpic.simulators.accounts import Account
from gpic.simulators.emis.switches import EmisSwitches, SessionShape
from gpic.simulators.people import Patient, Practice
from gpic.simulators.world import World

SERVICES: Final = ("AppointmentsEnabled", "PrescribingEnabled", "MedicalRecordEnabled", "DemographicsUpdateEnabled")
PRACTICE_SERVICES: Final = (
    "AppointmentsSupported",
    "PrescribingSupported",
    "EpsSupported",
    "DemographicsUpdateSupported",
    "PracticePatientCommunicationSupported",
    "OnlineRegistrationSupported",
    "PreRegistrationSupported",
    "OnlineTriageSupported",
    "MedicalRecordSupported",
    "RecordSharingSupported",
)
#: Nobody in the world lives anywhere.
ADDRESS: Final = ("HouseNameFlatNumber", "NumberStreet", "Village", "Town", "County", "Postcode")
Body = dict[str, object]


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session of E2. *link_tokens*: which UserPatientLinkToken shows whom (a slug); the first is the patient's own."""

    token: str  #: the AccessIdentityGuid that opened it
    application: str
    link_tokens: Mapping[str, str]


def link_tokens(world: World, account: Account) -> dict[str, str]:
    """Fresh ones for the account's holder and for everybody for whom they may act."""
    slugs = (account.person, *world.patient(account.person).acts_for)
    return {world.mint.opaque("UPL-", 12): slug for slug in slugs}


def session_body(world: World, switches: EmisSwitches, opened: OpenSession, account: Account, session_id: str) -> Body:
    """E2's reply."""
    name = _name(world.shown_for(world.patient(account.person)))
    newer = switches.session_shape is SessionShape.NEWER
    links = [_link(world, switches, account, token, slug) for token, slug in opened.link_tokens.items()]
    return {
        "SessionId": session_id,
        "ApplicationLinkLevel": level(account),
        **name,
        "LastAccessTimestamp" if newer else "LastAccessTime": _moment(world.now()),
        "UserPatientLinks": links,
    }


def _link(world: World, switches: EmisSwitches, account: Account, token: str, slug: str) -> Body:
    """One of UserPatientLinks: the patient's own, or one of somebody for whom they may act."""
    shown = world.shown_for(world.patient(slug))
    own = slug == account.person
    practice = account.practice if own else shown.practice
    body: Body = {
        "UserPatientLinkToken": token,
        "AssociationType": "Self" if own else "Proxy",
        "NationalPracticeCode": practice.code if practice is not None else "",
        **_name(shown),
    }
    if switches.session_shape is SessionShape.CLASSIC:
        return body
    return body | {
        "DateOfBirth": f"{shown.birth_date}T00:00:00",
        "PatientIdentifiers": identifiers(shown, switches),
        "ApplicationLinkLevel": level(account),
        "AccountRegistrationStatus": account.status_shown.value,
        "AccountCreationDate": _moment(account.opened_at) if account.opened_at is not None else None,
        "EffectiveServices": granted(account),
        "PatientActivityContextGuid": world.mint.guid(),
        "DispensingEnabled": False,
    }


def demographics_body(patient: Patient, switches: EmisSwitches) -> Body:
    """E6's reply."""
    return {
        **_name(patient),
        "DateOfBirth": f"{patient.birth_date}T00:00:00",
        "Sex": patient.sex.capitalize(),
        "ContactDetails": {"EmailAddress": patient.email, "TelephoneNumber": None, "MobileNumber": patient.phone},
        "Address": dict.fromkeys(ADDRESS),
        "PatientIdentifiers": identifiers(patient, switches),
    }


def settings_body(account: Account) -> Body:
    """E7's reply."""
    return {
        "ApplicationLinkLevel": level(account),
        "AccountRegistrationStatus": account.status_shown.value,
        "AssignedServices": granted(account),
        "EffectiveServices": granted(account),
    }


def practice_body(practice: Practice) -> Body:
    """E8's reply."""
    return {
        "NationalPracticeCode": practice.code.code,
        "PracticeName": practice.name,
        "Messages": {"AppointmentsMessage": None},
        "InputRequirements": {"AppointmentBookingReason": "RequestedOptional", "PrescribingComment": "RequestedOptional"},
        "Services": dict.fromkeys(PRACTICE_SERVICES, True),
    }


def identifiers(patient: Patient, switches: EmisSwitches) -> list[dict[str, str]]:
    """PatientIdentifiers: the NHS number, in digits or in groups."""
    number = patient.number.spoken if switches.spaced_numbers else patient.number.digits
    return [{"IdentifierType": "NhsNumber", "IdentifierValue": number}]


def granted(account: Account) -> dict[str, bool]:
    """What the practice lets this account do: all or nothing."""
    return dict.fromkeys(SERVICES, account.services_on)


def level(account: Account) -> str:
    """ApplicationLinkLevel of every application that the account has."""
    return "Linked" if account.restricted_since is None else "Restricted"


def _name(patient: Patient) -> Body:
    return {"Title": patient.title, "FirstName": patient.given_name, "Surname": patient.family_name}


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")

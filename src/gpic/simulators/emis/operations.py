"""What EMIS does once a caller is admitted: E1 to E8 of `gp-systems.md` §2.2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.simulators.accounts import Account, Link
from gpic.simulators.emis import refusals
from gpic.simulators.emis.bodies import (
    ApplicationRequest,
    LinkageDetails,
    NewUserRequest,
    SessionRequest,
    VerificationRequest,
    read_as,
)
from gpic.simulators.emis.case import Case, LinkageCase, practice_at
from gpic.simulators.emis.checks import BEFORE_CREATION, BEFORE_LINKING, BEFORE_VERIFICATION, refuse, services_are_on
from gpic.simulators.emis.identity import IdentityCheck, Proved
from gpic.simulators.emis.refusals import Refused
from gpic.simulators.emis.switches import EmisSwitches, RestrictedShownAs
from gpic.simulators.lane import Call, Reply, json_reply
from gpic.simulators.people import Patient, Supplier
from gpic.simulators.sessions import Sessions
from gpic.simulators.world import World

ALL_SERVICES = {
    "AppointmentsEnabled": True,
    "PrescribingEnabled": True,
    "MedicalRecordEnabled": True,
    "DemographicsUpdateEnabled": True,
}


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session of E2."""

    link: Link
    link_token: str


@dataclass(frozen=True, slots=True)
class Emis:
    """The stand-in's parts."""

    world: World
    switches: EmisSwitches
    identity: IdentityCheck
    applications: Mapping[str, str]
    end_user_sessions: Sessions[str]  #: the application's id
    sessions: Sessions[OpenSession]


@dataclass(frozen=True, slots=True)
class Visit:
    """One admitted call. *session* is there where the endpoint wants one."""

    application: str
    call: Call
    body: bytes
    path: Mapping[str, str]
    query: Mapping[str, str]
    session: OpenSession | None = None


async def open_end_user_session(emis: Emis, visit: Visit) -> Reply:
    """E1."""
    return json_reply(200, {"EndUserSessionId": emis.end_user_sessions.open(visit.application)})


async def open_session(emis: Emis, visit: Visit) -> Reply:
    """E2. Failures of a token that the world knows are counted (G5)."""
    asked = read_as(SessionRequest, visit.body)
    practice = practice_at(emis.world, asked.national_practice_code)
    refuse(refusals.PRACTICE_NOT_LIVE, when=not practice.live)
    services_are_on(practice)
    link = emis.world.link_of(asked.access_identity_guid.lower())
    if link is None or link.application != visit.application or link.account.practice != practice.code:
        raise Refused(refusals.wrong_status("unknown", visit.application, "NotRegistered"))
    visit.call.person = link.account.person
    _let_in(emis, link)
    opened = OpenSession(link, emis.world.mint.opaque("UPL-", 12))
    return _session_reply(emis, opened)


def _let_in(emis: Emis, link: Link) -> None:
    """Raise Refused where this token opens no session. A reset shows before anything else does (G3)."""
    account = link.account
    if account.restricted_since is not None and account.is_open and not link.dropped:
        if emis.switches.restricted is RestrictedShownAs.LEVEL:
            return
        refusal = refusals.wrong_level(account.identity_id, link.application)
        as_500 = emis.switches.restricted is RestrictedShownAs.SERVER_ERROR
        raise Refused(refusals.Refusal(500, refusal.code, refusal.message) if as_500 else refusal)
    if emis.world.opens_sessions(link):
        account.failed_logins = 0
        return
    emis.world.failed_login(account)
    shown = account.status_shown if not account.is_open else "NotRegistered"
    raise Refused(refusals.wrong_status(account.identity_id, link.application, shown))


def _session_reply(emis: Emis, opened: OpenSession) -> Reply:
    account = opened.link.account
    shown = emis.world.shown_for(emis.world.patient(account.person))
    name = {"Title": shown.title, "FirstName": shown.given_name, "Surname": shown.family_name}
    own = {
        "UserPatientLinkToken": opened.link_token,
        "AssociationType": "Self",
        "NationalPracticeCode": account.practice.code,
        **name,
        "PatientIdentifiers": _identifiers(shown),
    }
    return json_reply(
        200,
        {
            "SessionId": emis.sessions.open(opened),
            "ApplicationLinkLevel": level(account),
            **name,
            "LastAccessTime": emis.world.clocks.world.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
            "UserPatientLinks": [own],
        },
    )


async def link_application(emis: Emis, visit: Visit) -> Reply:
    """E3: linkage key to AccessIdentityGuid. Every success is followed by an e-mail (G2)."""
    asked = read_as(ApplicationRequest, visit.body)
    birth_date = asked.date_of_birth[:10]
    case = LinkageCase(emis.world, emis.switches, visit.application, asked.surname, birth_date, asked.linkage_details)
    visit.call.person = holder_of(emis.world, asked.linkage_details)
    for check in BEFORE_LINKING:
        check(case)
    account = case.account()
    link = account.links.get(visit.application)
    if link is None or not link.works:
        link = emis.world.link(account, visit.application)
    emis.world.post(case.patient(), emis.applications[visit.application])
    return json_reply(201, {"AccessIdentityGuid": link.token})


async def verify(emis: Emis, visit: Visit) -> Reply:
    """E4: the linkage details; 201 the first time for an application, 409 with the same body afterwards. May lift (G3)."""
    asked = read_as(VerificationRequest, visit.body)
    visit.call.person = slug_of(emis.world, asked.nhs_number)
    proved = await emis.identity.check(asked.token, asked.nhs_number)
    case = Case(emis.world, emis.switches, asked.national_practice_code, asked.nhs_number)
    for check in BEFORE_VERIFICATION:
        check(case)
    account = case.account()
    if is_fresh(proved, account):
        account.lift()
        visit.call.note = "restriction lifted"
    first = visit.application not in account.verified_by
    account.verified_by.add(visit.application)
    account_id, linkage_key = emis.world.details_of(account)
    body = {"IdentityId": account.identity_id, "AccountId": account_id, "LinkageKey": linkage_key}
    return json_reply(201 if first else 409, body)


async def create(emis: Emis, visit: Visit) -> Reply:
    """E5: an account, and this application's GUID; the key is told by E4 only."""
    asked = read_as(NewUserRequest, visit.body)
    visit.call.person = slug_of(emis.world, asked.nhs_number)
    if not (asked.email_address or "").strip():
        raise Refused(refusals.FIELD_MISSING, "EmailAddress")
    case = Case(emis.world, emis.switches, asked.national_practice_code, asked.nhs_number)
    for check in BEFORE_CREATION:
        check(case)
    account = emis.world.open_account(case.patient().slug)
    return json_reply(201, {"AccessIdentityGuid": emis.world.link(account, visit.application).token})


async def show_demographics(emis: Emis, visit: Visit) -> Reply:
    """E6."""
    patient = _patient_in_session(emis, visit)
    body = {
        "Title": patient.title,
        "FirstName": patient.given_name,
        "Surname": patient.family_name,
        "DateOfBirth": f"{patient.birth_date}T00:00:00",
        "Sex": patient.sex.capitalize(),
        "ContactDetails": {"EmailAddress": patient.email, "MobileNumber": patient.phone},
        "Address": {},
        "PatientIdentifiers": _identifiers(patient),
    }
    return json_reply(200, body)


async def show_settings(emis: Emis, visit: Visit) -> Reply:
    """E7."""
    _patient_in_session(emis, visit)
    account = _session_of(visit).link.account
    services = {"AssignedServices": ALL_SERVICES, "EffectiveServices": ALL_SERVICES}
    return json_reply(
        200, {"ApplicationLinkLevel": level(account), "AccountRegistrationStatus": account.status_shown.value, **services}
    )


async def show_practice(emis: Emis, visit: Visit) -> Reply:
    """E8."""
    practice = practice_at(emis.world, visit.path["ods_code"])
    services_are_on(practice)
    return json_reply(
        200, {"NationalPracticeCode": practice.code.code, "PracticeName": practice.name, "Services": ALL_SERVICES}
    )


def _patient_in_session(emis: Emis, visit: Visit) -> Patient:
    """Whom this session shows; raises Refused where it is restricted or asks for somebody else's link."""
    session = _session_of(visit)
    account = session.link.account
    visit.call.person = account.person
    refuse(refusals.wrong_level(account.identity_id, session.link.application), when=account.restricted_since is not None)
    if not emis.world.opens_sessions(session.link):
        raise refusals.SessionLost
    refuse(refusals.LINK_TOKEN_WRONG, when=visit.query.get("userPatientLinkToken") != session.link_token)
    return emis.world.shown_for(emis.world.patient(account.person))


def _session_of(visit: Visit) -> OpenSession:
    """The session that the endpoint wants; raises SessionLost."""
    if visit.session is None:
        raise refusals.SessionLost
    return visit.session


def _identifiers(patient: Patient) -> list[dict[str, str]]:
    return [{"IdentifierType": "NhsNumber", "IdentifierValue": patient.number.digits}]


def slug_of(world: World, nhs_number: str) -> str:
    """For the journal: the patient whom a request names, as far as the world can tell."""
    try:
        patient = world.bearer_of(NhsNumber(nhs_number))
    except NhsNumberInvalid:
        return ""
    return patient.slug if patient is not None else ""


def holder_of(world: World, details: LinkageDetails) -> str:
    """For the journal: the patient whose account the details name, as far as the world can tell."""
    practice = world.practice_of(Supplier.EMIS, details.national_practice_code)
    account = world.account_numbered(Supplier.EMIS, practice.code, details.account_id) if practice is not None else None
    return account.person if account is not None else ""


def level(account: Account) -> str:
    """ApplicationLinkLevel."""
    return "Linked" if account.restricted_since is None else "Restricted"


def is_fresh(proved: Proved, account: Account) -> bool:
    """Whether this sign-in came after the reset: whole seconds of the wire clock, equal counts as after (G3)."""
    since = account.restricted_since
    return since is not None and proved.auth_time is not None and proved.auth_time >= int(since.timestamp())

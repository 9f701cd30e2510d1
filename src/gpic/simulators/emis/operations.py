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
    day_of,
    read_as,
)
from gpic.simulators.emis.case import Case, LinkageCase, practice_at
from gpic.simulators.emis.checks import BEFORE_CREATION, BEFORE_VERIFICATION, before_linking, refuse, services_are_on
from gpic.simulators.emis.identity import IdentityCheck, Proved
from gpic.simulators.emis.refusals import Refused
from gpic.simulators.emis.replies import (
    OpenSession,
    demographics_body,
    link_tokens,
    practice_body,
    session_body,
    settings_body,
)
from gpic.simulators.emis.switches import EmisSwitches, LiftedBy, RestrictedShownAs
from gpic.simulators.lane import Call, Reply, json_reply
from gpic.simulators.limits import Gate
from gpic.simulators.people import Patient, Supplier
from gpic.simulators.sessions import Sessions
from gpic.simulators.world import World


@dataclass(frozen=True, slots=True)
class Emis:
    """The stand-in's parts."""

    world: World
    switches: EmisSwitches
    identity: IdentityCheck
    applications: Mapping[str, str]
    end_user_sessions: Sessions[str]  #: the application's id
    sessions: Sessions[OpenSession]
    gate: Gate


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
    refuse(refusals.API_V2_OFF, when=emis.switches.end_user_sessions_refused)
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
    opened = OpenSession(link.token, visit.application, link_tokens(emis.world, link.account))
    return json_reply(200, session_body(emis.world, emis.switches, opened, link.account, emis.sessions.open(opened)))


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
    unlinked = account.is_open and emis.switches.dead_links_not_linked
    refuse(refusals.wrong_level(account.identity_id, link.application, "NotLinked"), when=unlinked)
    shown = account.status_shown if not account.is_open else "NotRegistered"
    raise Refused(refusals.wrong_status(account.identity_id, link.application, shown))


async def link_application(emis: Emis, visit: Visit) -> Reply:
    """E3: linkage key to AccessIdentityGuid. Every success is followed by an e-mail (G2)."""
    asked = read_as(ApplicationRequest, visit.body)
    born = day_of(asked.date_of_birth)
    case = LinkageCase(emis.world, emis.switches, visit.application, asked.surname, born, asked.linkage_details)
    visit.call.person = holder_of(emis.world, asked.linkage_details)
    for check in before_linking(emis.switches):
        check(case)
    account = case.account()
    link = account.links.get(visit.application)
    if link is None or not link.works:
        link = emis.world.link(account, visit.application)
    emis.world.post(account, emis.applications[visit.application])
    return json_reply(emis.switches.linking_status, {"AccessIdentityGuid": link.token})


async def verify(emis: Emis, visit: Visit) -> Reply:
    """E4: the linkage details; 201 the first time for an application, 409 with the same body afterwards. May lift (G3)."""
    asked = read_as(VerificationRequest, visit.body)
    visit.call.person = slug_of(emis.world, asked.nhs_number)
    proved = await emis.identity.check(asked.token, asked.nhs_number)
    case = Case(emis.world, emis.switches, asked.national_practice_code, asked.nhs_number)
    for check in BEFORE_VERIFICATION:
        check(case)
    account = case.account()
    if lifts(emis.switches, proved, account):
        emis.world.lift_restriction(account)
        visit.call.note = "; ".join(note for note in (visit.call.note, "restriction lifted") if note)
    first = not account.verified_by if emis.switches.verified_once_for_all else visit.application not in account.verified_by
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
    account.email = (asked.email_address or "").strip()
    return json_reply(201, {"AccessIdentityGuid": emis.world.link(account, visit.application).token})


async def show_demographics(emis: Emis, visit: Visit) -> Reply:
    """E6."""
    session, link = _in_session(emis, visit)
    return json_reply(200, demographics_body(_patient_shown(emis, visit, session, link), emis.switches))


async def show_settings(emis: Emis, visit: Visit) -> Reply:
    """E7."""
    session, link = _in_session(emis, visit)
    _patient_shown(emis, visit, session, link)
    return json_reply(200, settings_body(link.account))


async def show_practice(emis: Emis, visit: Visit) -> Reply:
    """E8."""
    practice = practice_at(emis.world, visit.path["ods_code"])
    services_are_on(practice)
    return json_reply(200, practice_body(practice))


def _in_session(emis: Emis, visit: Visit) -> tuple[OpenSession, Link]:
    """The session that the endpoint wants and the link that opened it; raises SessionLost, Refused where restricted."""
    session = visit.session
    link = emis.world.link_of(session.token) if session is not None else None
    if session is None or link is None:
        raise refusals.SessionLost
    visit.call.person = link.account.person
    refuse(refusals.wrong_level(link.account.identity_id, link.application), when=link.account.restricted_since is not None)
    if not emis.world.keeps_sessions(link):
        raise refusals.SessionLost
    return session, link


def _patient_shown(emis: Emis, visit: Visit, session: OpenSession, link: Link) -> Patient:
    """Whom the session's link token shows; raises Refused for another one's, or where no service is on."""
    slug = session.link_tokens.get(visit.query.get("userPatientLinkToken", ""))
    refuse(refusals.ACCESS_VIOLATION, when=slug is None or not link.account.services_on)
    return emis.world.shown_for(emis.world.patient(slug or link.account.person))


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


def lifts(switches: EmisSwitches, proved: Proved, account: Account) -> bool:
    """Whether this sign-in came after the reset: whole seconds of the wire clock, equal counts as after (G3)."""
    since = account.restricted_since
    if since is None or switches.lifted_by is LiftedBy.ANY_VERIFICATION:
        return since is not None
    return proved.auth_time is not None and proved.auth_time >= int(since.timestamp())

"""What Medicus does once a caller is admitted: the four resources of the contract. PROVISIONAL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gpic.simulators.identity_tokens import JwksSource, KeysOutOfReach, Unproved, proved_claims
from gpic.simulators.lane import Call, Reply, json_reply
from gpic.simulators.limits import Gate
from gpic.simulators.medicus.access import Access
from gpic.simulators.medicus.bodies import DetailsGiven, PatientAsked, token_in
from gpic.simulators.medicus.case import FindCase, LinkCase, SessionCase, Tenancy
from gpic.simulators.medicus.checks import BEFORE_FINDING, BEFORE_LINKING, BEFORE_MAKING, BEFORE_SESSION
from gpic.simulators.medicus.refusals import FIELD_WRONG, NO_ACCOUNT, Refused, failing
from gpic.simulators.medicus.switches import MedicusSwitches
from gpic.simulators.people import Supplier
from gpic.simulators.sessions import Sessions
from gpic.simulators.world import World

SESSION_HEADER: Final = "x-session-id"


@dataclass(frozen=True, slots=True)
class Medicus:
    """The stand-in's parts."""

    world: World
    switches: MedicusSwitches
    access: Access
    gate: Gate
    sessions: Sessions[str]  #: the application's id
    identity_jwks: JwksSource | None


@dataclass(frozen=True, slots=True)
class Visit:
    """One admitted call."""

    tenancy: Tenancy
    call: Call
    body: bytes
    session_id: str


async def find_linkage(medicus: Medicus, visit: Visit) -> Reply:
    """The linkage details of the patient's account; an expired key is replaced first."""
    case = FindCase(visit.tenancy, PatientAsked.of(visit.body))
    tell_person(medicus.world, visit.call, case)
    failed = await identity_failure(medicus, case.asked)
    if failed is not None:
        return failed
    for check in BEFORE_FINDING:
        check(case)
    account = case.account
    if account is None:
        raise Refused(NO_ACCOUNT)
    account_id, linkage_key = medicus.world.details_of(account)
    return json_reply(200, {"accountId": account_id, "linkageKey": linkage_key})


async def make_account(medicus: Medicus, visit: Visit) -> Reply:
    """An account, and a token of the calling application."""
    case = FindCase(visit.tenancy, PatientAsked.of(visit.body))
    tell_person(medicus.world, visit.call, case)
    failed = await identity_failure(medicus, case.asked)
    if failed is not None:
        return failed
    for check in BEFORE_MAKING:
        check(case)
    account = medicus.world.open_account(case.patient.slug)
    account.email = case.asked.email.strip()
    token = medicus.world.link(account, visit.tenancy.application).token
    return json_reply(201, {"accountId": account.account_id, "linkageKey": account.linkage_key, "token": token})


async def issue_token(medicus: Medicus, visit: Visit) -> Reply:
    """Linkage details into the calling application's own token."""
    case = LinkCase(visit.tenancy, DetailsGiven.of(visit.body))
    account = medicus.world.account_numbered(Supplier.MEDICUS, visit.tenancy.practice.code, case.asked.account_id)
    visit.call.person = account.person if account is not None else ""
    for check in BEFORE_LINKING:
        check(case)
    case.account.failed_logins = 0
    return json_reply(201, {"token": medicus.world.link(case.account, visit.tenancy.application).token})


async def open_session(medicus: Medicus, visit: Visit) -> Reply:
    """A session, which shows whose it is (N2)."""
    case = SessionCase(visit.tenancy, token_in(visit.body))
    link = medicus.world.link_of(case.token)
    visit.call.person = link.account.person if link is not None else ""
    for check in BEFORE_SESSION:
        check(case)
    case.link.account.failed_logins = 0
    shown = medicus.world.shown_for(case.patient)
    patient = {"nhsNumber": shown.number.digits, "familyName": shown.family_name, "birthDate": shown.birth_date}
    lifetime = int(medicus.switches.session_lifetime.total_seconds())
    session_id = medicus.sessions.open(visit.tenancy.application)
    return json_reply(201, {"sessionId": session_id, "expiresIn": lifetime, "patient": patient})


async def end_session(medicus: Medicus, visit: Visit) -> Reply:
    """Whether it was still there or not; another application's goes on."""
    if not visit.session_id:
        raise Refused(FIELD_WRONG, "X-Session-Id")
    if medicus.sessions.use(visit.session_id) == visit.tenancy.application:
        medicus.sessions.close(visit.session_id)
    return Reply(204)


async def identity_failure(medicus: Medicus, asked: PatientAsked) -> Reply | None:
    """503 where NHS login's keys cannot be read; raises Refused for a token that proves nothing of this patient."""
    if medicus.identity_jwks is None:
        return None
    try:
        await proved_claims(asked.identity_token, medicus.identity_jwks, asked.number.digits, medicus.world.clocks.wire.now())
    except KeysOutOfReach:
        return failing(503)
    except Unproved as error:
        raise Refused(FIELD_WRONG, "identityToken") from error
    return None


def tell_person(world: World, call: Call, case: FindCase) -> None:
    """For the journal: the patient whom a request names, as far as the world can tell."""
    patient = world.bearer_of(case.asked.number)
    call.person = patient.slug if patient is not None else ""

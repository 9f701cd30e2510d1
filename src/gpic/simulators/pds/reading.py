"""One request to PDS, in the gateway's order: token, rate, path, request id, then Spine (`demographics.md` §1.7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.simulators.lane import Call, Reply, json_reply
from gpic.simulators.limits import Exceeded, Gate
from gpic.simulators.pds import outcomes, search
from gpic.simulators.pds.outcomes import Refused, as_reply, failing
from gpic.simulators.pds.resource import patient_resource
from gpic.simulators.pds.settings import PdsSettings
from gpic.simulators.people import Patient
from gpic.simulators.token_server import Tokens
from gpic.simulators.world import World

REQUEST_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TEN_DIGITS: Final = re.compile(r"[0-9]{10}")
PATIENT: Final = "/Patient"
COVERAGE: Final = "/Coverage"
MIRRORED: Final = ("x-request-id", "x-correlation-id")
NO_REQUEST_ID: Final = "Invalid request with error - X-Request-ID header must be supplied to access this resource"
#: The three diagnostics of a refusal for its rate; the texts are ours (P1).
TOO_MANY: Final = {
    Exceeded.APP_QUOTA: "Your application has exceeded its quota",
    Exceeded.APP_SPIKE: "Your application has sent too many requests at once",
    Exceeded.API: "This API has received too many requests",
}


@dataclass(frozen=True, slots=True)
class Pds:
    """The stand-in's parts."""

    world: World
    settings: PdsSettings
    tokens: Tokens
    gate: Gate


@dataclass(frozen=True, slots=True)
class Visit:
    """One request below the FHIR address. *path* begins with a slash; header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    api_key: str | None  #: whose the token is
    query: Mapping[str, str] = field(default_factory=dict)


def token_is_good(pds: Pds, visit: Visit) -> None:
    """401."""
    given = visit.headers.get("authorization")
    if given is None:
        raise Refused(outcomes.UNAUTHORISED, "Missing Authorization header")
    if not given.strip():
        raise Refused(outcomes.UNAUTHORISED, "Empty Authorization header")
    kind, _, token = given.strip().partition(" ")
    if kind.lower() != "bearer":
        # Without a blank it is no type but the token itself, which is not told back.
        raise Refused(outcomes.UNAUTHORISED, f"Invalid token type '{kind if token else ''}', must be 'Bearer'")
    if not token.strip():
        raise Refused(outcomes.UNAUTHORISED, "Missing access token")
    if pds.tokens.holder(token.strip()) is None:
        raise Refused(outcomes.UNAUTHORISED, "Invalid Access Token")


def rate_is_kept(pds: Pds, visit: Visit) -> None:
    """429, without Retry-After."""
    exceeded = pds.gate.refused_by(visit.api_key or "", pds.settings.limits, pds.world.clocks.wire.now())
    if exceeded is not None:
        raise Refused(outcomes.TOO_MANY, TOO_MANY[exceeded])


def path_is_supported(_: Pds, visit: Visit) -> None:
    """400; patients are here, and coverage, which is refused later."""
    if f"/{visit.path.split('/')[1]}" not in (PATIENT, COVERAGE):
        raise Refused(outcomes.UNSUPPORTED_PATH, f"Unsupported path - '{first_part(visit.path)}'")


def request_id_is_well_formed(_: Pds, visit: Visit) -> None:
    """400, where there is one."""
    given = visit.headers.get("x-request-id")
    if given is not None and not REQUEST_ID.fullmatch(given):
        raise Refused(outcomes.INVALID_VALUE, f"Invalid value - '{given[:64]}' in header 'X-Request-ID'")


def application_has_an_asid(pds: Pds, visit: Visit) -> None:
    """400 without one, 401 where it lacks the interactions."""
    if visit.api_key in pds.settings.without_asid:
        raise Refused(outcomes.NO_ASID, "No ASID is associated with your app. Please contact support.")
    if visit.api_key in pds.settings.without_interaction:
        raise Refused(outcomes.UNAUTHORISED, "Your app is not allowed this interaction")


def nothing_is_updated(_: Pds, visit: Visit) -> None:
    """403: an application-restricted token only reads patients."""
    if visit.method in ("PATCH", "POST") or visit.path.startswith(COVERAGE):
        raise Refused(outcomes.UPDATE_REFUSED)


def one_result_is_asked_for(_: Pds, visit: Visit) -> None:
    """403: an application-restricted search has one match or none."""
    if visit.query.get(search.MAX_RESULTS, "1") != "1":
        raise Refused(outcomes.ONE_RESULT, "Invalid value in field '_max-results'")


def request_id_is_there(_: Pds, visit: Visit) -> None:
    """400, by Spine."""
    if "x-request-id" not in visit.headers:
        raise Refused(outcomes.MISSING_VALUE, NO_REQUEST_ID)


def a_patient_is_asked_for(_: Pds, visit: Visit) -> None:
    """400: another verb, or neither a number nor a search."""
    if visit.method != "GET" or not (number_in(visit.path) or (visit.path == PATIENT and visit.query)):
        raise Refused(outcomes.UNSUPPORTED_SERVICE)


CHECKS: Final[tuple[Callable[[Pds, Visit], None], ...]] = (
    token_is_good,
    rate_is_kept,
    path_is_supported,
    request_id_is_well_formed,
    application_has_an_asid,
    nothing_is_updated,
    one_result_is_asked_for,
    request_id_is_there,
    a_patient_is_asked_for,
)


def read_patient(pds: Pds, visit: Visit, call: Call) -> Reply:
    """The answer to any request; identifiers of the request are mirrored on every one."""
    if visit.method == "OPTIONS":
        return failing(502)
    try:
        for check in CHECKS:
            check(pds, visit)
        reply = found(pds, visit, call) if number_in(visit.path) else searched(pds, visit, call)
    except Refused as refused:
        reply = as_reply(refused)
    mirrored = {name: visit.headers[name] for name in MIRRORED if name in visit.headers}
    return Reply(reply.status, reply.body, {**reply.headers, **mirrored}, ok=reply.ok, note=reply.note)


def found(pds: Pds, visit: Visit, call: Call) -> Reply:
    """The record of the number asked for, or of the one that replaced it; raises Refused."""
    patient = current(pds, holder(pds, number_in(visit.path)))
    call.person = patient.slug
    record = pds.world.pds_record(patient, pds.settings.lag)
    if record.invalidated:
        raise Refused(outcomes.INVALIDATED)
    resource = patient_resource(patient, record, privileged=visit.api_key in pds.settings.privileged)
    return json_reply(200, resource, headers={"content-type": outcomes.FHIR, "etag": f'W/"{record.version}"'})


def searched(pds: Pds, visit: Visit, call: Call) -> Reply:
    """The one record that is meant, or none; of several only that they are too many. Raises Refused."""
    asked = dict(visit.query)
    if missing := [name for name in search.NEEDED if not asked.get(name)]:
        raise Refused(outcomes.MISSING_VALUE, f"Missing value - '{missing[0]}'")
    if not asked.keys() <= search.MATCHES.keys() | search.MANNERS:
        raise Refused(outcomes.UNSUPPORTED_PARAMETER)
    known = [(patient, pds.world.pds_record(patient, pds.settings.lag)) for patient in pds.world.patients.values()]
    found = [(patient, record) for patient, record in known if search.matching(asked, patient, record)]
    if len(found) > 1:
        raise Refused(outcomes.TOO_MANY_MATCHES)
    entries = []
    for patient, record in found:
        call.person = patient.slug
        privileged = visit.api_key in pds.settings.privileged
        resource = patient_resource(patient, record, privileged=privileged, found=True)
        entries.append({"search": {"score": 1}, "resource": resource})
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
    return json_reply(200, bundle, headers={"content-type": outcomes.FHIR})


def holder(pds: Pds, text: str) -> Patient:
    """Who has or had this number; raises Refused."""
    if not TEN_DIGITS.fullmatch(text):
        raise Refused(outcomes.INVALID_ID)
    try:
        patient = pds.world.pds_holder_of(NhsNumber(text), pds.settings.lag)
    except NhsNumberInvalid as invalid:
        raise Refused(outcomes.INVALID_ID) from invalid
    if patient is None:
        raise Refused(outcomes.NOT_FOUND)
    return patient


def current(pds: Pds, patient: Patient) -> Patient:
    """The last of a chain of superseded records; raises Refused where the chain bites its own tail."""
    passed: set[str] = set()
    while (successor := pds.world.pds_record(patient, pds.settings.lag).superseded_by) and patient.slug not in passed:
        passed.add(patient.slug)
        patient = pds.world.patient(successor)
    if patient.slug in passed:
        raise Refused(outcomes.NOT_FOUND)
    return patient


def number_in(path: str) -> str:
    """What stands where the NHS number belongs."""
    return path.removeprefix(PATIENT).removeprefix("/")


def first_part(path: str) -> str:
    """The first part of a path: the rest may be somebody's number."""
    return "/" + path.lstrip("/").partition("/")[0][:64]

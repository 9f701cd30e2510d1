"""One request to PDS, in the gateway's order: token, rate, path, request id, then Spine (`demographics.md` §1.7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.simulators.lane import Call, Reply, json_reply
from gpic.simulators.pds import outcomes
from gpic.simulators.pds.limits import Gate
from gpic.simulators.pds.outcomes import Refused, as_reply
from gpic.simulators.pds.resource import patient_resource
from gpic.simulators.pds.settings import PdsSettings
from gpic.simulators.pds.tokens import Tokens
from gpic.simulators.people import Patient
from gpic.simulators.world import World

REQUEST_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
TEN_DIGITS: Final = re.compile(r"[0-9]{10}")
PATIENT: Final = "/Patient"
MIRRORED: Final = ("x-request-id", "x-correlation-id")
NO_REQUEST_ID: Final = "Invalid request with error - X-Request-ID header must be supplied to access this resource"


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
    refusal = pds.gate.refusal(visit.api_key or "", pds.settings.limits, pds.world.clocks.wire.now())
    if refusal:
        raise Refused(outcomes.TOO_MANY, refusal)


def path_is_supported(_: Pds, visit: Visit) -> None:
    """400; only patients are here."""
    if visit.path != PATIENT and not visit.path.startswith(f"{PATIENT}/"):
        raise Refused(outcomes.UNSUPPORTED_PATH, f"Unsupported path - '{first_part(visit.path)}'")


def request_id_is_well_formed(_: Pds, visit: Visit) -> None:
    """400, where there is one."""
    given = visit.headers.get("x-request-id")
    if given is not None and not REQUEST_ID.fullmatch(given):
        raise Refused(outcomes.INVALID_VALUE, f"Invalid value - '{given[:64]}' in header 'X-Request-ID'")


def nothing_is_updated(_: Pds, visit: Visit) -> None:
    """403: an application-restricted token only reads."""
    if visit.method in ("PATCH", "POST"):
        raise Refused(outcomes.UPDATE_REFUSED)


def request_id_is_there(_: Pds, visit: Visit) -> None:
    """400, by Spine."""
    if "x-request-id" not in visit.headers:
        raise Refused(outcomes.MISSING_VALUE, NO_REQUEST_ID)


def a_patient_is_asked_for(_: Pds, visit: Visit) -> None:
    """400: another verb, no number, or more than a number."""
    if visit.method != "GET" or not number_in(visit.path):
        raise Refused(outcomes.UNSUPPORTED_SERVICE)


CHECKS: Final[tuple[Callable[[Pds, Visit], None], ...]] = (
    token_is_good,
    rate_is_kept,
    path_is_supported,
    request_id_is_well_formed,
    nothing_is_updated,
    request_id_is_there,
    a_patient_is_asked_for,
)


def read_patient(pds: Pds, visit: Visit, call: Call) -> Reply:
    """The answer to any request; identifiers of the request are mirrored on every one."""
    try:
        for check in CHECKS:
            check(pds, visit)
        reply = found(pds, visit, call)
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


def holder(pds: Pds, text: str) -> Patient:
    """Who has or had this number; raises Refused."""
    if not TEN_DIGITS.fullmatch(text):
        raise Refused(outcomes.INVALID_ID)
    try:
        patient = pds.world.holder_of(NhsNumber(text))
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

"""What EMIS's replies mean: pure functions from a reply to an answer (`gp-systems.md` §2.2, §2.5, §2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from gpic.gp_systems.emis import refusals, wire
from gpic.gp_systems.rows import A, Row, judge
from gpic.nhs.answers import (
    AccountOpened,
    Found,
    GpSession,
    LinkAnswer,
    Linked,
    Opened,
    Refused,
    Rejected,
    Restricted,
    Retrieved,
    ShownPatient,
    Silence,
    Unexpected,
    Unreachable,
)
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Reply, no_answer

SUPPLIER: Final = "emis"
DONE: Final = frozenset({200, 201})
#: 409 is the normal "already recorded", and its body carries the details all the same (§2.2 E4).
VERIFIED: Final = DONE | {409}
NUMBER_KIND: Final = "nhsnumber"
RESTRICTED: Final = "Restricted"


def refused(rows: Sequence[Row[A]], reply: Reply, call: str) -> A | Silence:
    """The answer of *rows* to a reply that is no success; what no row knows is no answer (N12)."""
    if wire.session_is_lost(reply):
        return Unreachable(detail=f"{call}-session-lost")
    return _judged(rows, reply, call)


def begun(reply: Reply) -> str | Refused | Silence:
    """E1: the id of our end-user session."""
    if reply.status not in DONE:
        return _judged(refusals.BEGIN, reply, "emis-begin")  # no session yet that could be lost
    session = wire.read(reply, wire.EndUserSession)
    return session.end_user_session_id if session and wire.is_id(session.end_user_session_id) else Unexpected("emis-begin-id")


def retrieved(reply: Reply, practice: OdsCode) -> Retrieved:
    """E4: the details, on 201 and on 409 alike."""
    found = wire.read(reply, wire.Verification) if reply.status in VERIFIED else None
    if found and _given(found.account_id) and _given(found.linkage_key):
        return Found(GpCredentials(found.account_id or "", practice, Secret(found.linkage_key or "")))
    if reply.status in DONE:
        return Unexpected("emis-retrieve-incomplete")
    return refused(refusals.RETRIEVE, reply, "emis-retrieve")


def opened(reply: Reply) -> AccountOpened:
    """E5: the account, told by its token alone; the details come with a retrieve."""
    if reply.status not in DONE:
        return refused(refusals.CREATE, reply, "emis-create")
    token = _token_in(reply)
    return Opened(token, None) if token else Unexpected("emis-create-incomplete")


def linked(reply: Reply) -> LinkAnswer:
    """E3: the token that the linkage key bought."""
    if reply.status not in DONE:
        return refused(refusals.LINK, reply, "emis-link")
    token = _token_in(reply)
    return Linked(token) if token else Unexpected("emis-link-incomplete")


@dataclass(frozen=True, slots=True)
class Entered:
    """An open session: its ids, and the patient's numbers as far as the `Self` link tells them."""

    visit: wire.Visit
    numbers: frozenset[NhsNumber]

    def __repr__(self) -> str:
        return "Entered(•••)"


def entered(reply: Reply, end_user_session_id: str) -> Entered | Restricted | Rejected | Refused | Silence:
    """E2: the session to go on with, or that the account waits for a real sign-in (N17), whatever else is missing."""
    if reply.status not in DONE:
        return refused(refusals.SESSION, reply, "emis-session")
    session = wire.read(reply, wire.Session)
    if session is None:
        return Unexpected("emis-session-unreadable")
    own = next((link for link in session.user_patient_links or () if link.association_type == "Self"), None)
    if RESTRICTED in {session.application_link_level, own.application_link_level if own else None}:
        return Restricted()
    if not wire.is_id(session.session_id):
        return Unexpected("emis-session-id")
    if own is None or not wire.is_id(own.user_patient_link_token):
        return Unexpected("emis-session-no-self")
    visit = wire.Visit(
        end_user_session_id=end_user_session_id,
        session_id=session.session_id or "",
        user_patient_link_token=own.user_patient_link_token or "",
    )
    return Entered(visit, frozenset(_numbers(own.patient_identifiers)))


def shown(reply: Reply, told: frozenset[NhsNumber] = frozenset()) -> ShownPatient | Rejected | Refused | Silence:
    """E6: whom the session shows; a reply that tells neither number nor name proves nothing (N2).

    *told* are the numbers of the `Self` link: where both tell some, one that both tell is the patient's.
    """
    if reply.status not in DONE:
        return refused(refusals.DEMOGRAPHICS, reply, "emis-demographics")
    patient = wire.read(reply, wire.Patient)
    if patient is None:
        return Unexpected("emis-demographics-unreadable")
    numbers = frozenset(_numbers(patient.patient_identifiers))
    if told and numbers and not told & numbers:
        return Unexpected("emis-two-patients")
    numbers = numbers & told if told and numbers else numbers | told
    demographics = _demographics(patient)
    return ShownPatient(numbers, demographics) if numbers or demographics else Unexpected("emis-demographics-empty")


def token_of(guid: str) -> Im1Token:
    """An AccessIdentityGuid as our IM1 token: JSON, as NHS App keeps it (§5)."""
    return Im1Token(SUPPLIER, Secret(msgspec.json.encode(wire.Access(access_identity_guid=guid)).decode()))


def guid_of(token: Im1Token) -> str | None:
    """The AccessIdentityGuid in an IM1 token, JSON or the legacy bare GUID; None when it is none of EMIS's."""
    text = token.text.reveal().strip()
    if token.supplier != SUPPLIER:
        return None
    try:
        guid = msgspec.json.decode(text, type=wire.Access).access_identity_guid
    except (msgspec.MsgspecError, ValueError, RecursionError):
        guid = text if wire.GUID.fullmatch(text) else None
    return guid if guid and wire.GUID.fullmatch(guid.strip()) else None


def _judged(rows: Sequence[Row[A]], reply: Reply, call: str) -> A | Silence:
    said = wire.said(reply)
    return judge(rows, said, call) or no_answer(reply) or Unexpected(said.coded(call))


def _token_in(reply: Reply) -> Im1Token | None:
    access = wire.read(reply, wire.Access)
    guid = (access.access_identity_guid or "").strip() if access else ""
    return token_of(guid) if wire.GUID.fullmatch(guid) else None


def _given(text: str | None) -> bool:
    return bool(text and text.strip())


def _numbers(identifiers: Iterable[wire.Identifier] | None) -> list[NhsNumber]:
    found = []
    for identifier in identifiers or ():
        if (identifier.identifier_type or "").lower() == NUMBER_KIND:
            try:
                found.append(NhsNumber(identifier.identifier_value or ""))
            except NhsNumberInvalid:
                continue
    return found


def _demographics(patient: wire.Patient) -> Demographics | None:
    if _given(patient.surname) and _given(patient.date_of_birth):
        return Demographics((patient.surname or "").strip(), (patient.date_of_birth or "").strip()[:10])
    return None


def visit_of(session: GpSession) -> wire.Visit | None:
    """The session that a handle stands for; None when it is none of ours."""
    if session.supplier != SUPPLIER:
        return None
    try:
        return msgspec.json.decode(session.handle.reveal(), type=wire.Visit)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None

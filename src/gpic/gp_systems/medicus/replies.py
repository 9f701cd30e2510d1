"""What Medicus's replies mean: pure functions from a reply to an answer (docs/reference/medicus-contract.md, provisional)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from gpic.gp_systems.medicus import refusals, wire
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
    Retrieved,
    ShownPatient,
    Silence,
    Unexpected,
)
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Reply, no_answer

SUPPLIER: Final = "medicus"
OK: Final = 200
CREATED: Final = 201


@dataclass(frozen=True, slots=True)
class Entered:
    """An open session, and whom it shows."""

    session: GpSession
    shown: ShownPatient


def refused(rows: Sequence[Row[A]], reply: Reply, call: str) -> A | Silence:
    """The answer of *rows* to a reply that is no success; what no row knows is no answer (N12)."""
    said = wire.said(reply)
    return judge(rows, said, call) or no_answer(reply) or Unexpected(said.coded(call))


def found(reply: Reply, practice: OdsCode) -> Retrieved:
    """The linkage details of an account that there is."""
    if reply.status != OK:
        return refused(refusals.FIND, reply, "medicus-find")
    details = _details(reply.read(wire.Account), practice)
    return Found(details) if details else Unexpected("medicus-find-incomplete")


def made(reply: Reply, practice: OdsCode) -> AccountOpened:
    """An account, its details and our token at once."""
    if reply.status != CREATED:
        return refused(refusals.MAKE, reply, "medicus-make")
    account = reply.read(wire.Account)
    details, token = _details(account, practice), _token(account)
    return Opened(token, details) if details and token else Unexpected("medicus-make-incomplete")


def linked(reply: Reply) -> LinkAnswer:
    """The token that the linkage key bought."""
    if reply.status != CREATED:
        return refused(refusals.TOKEN, reply, "medicus-token")
    token = _token(reply.read(wire.Account))
    return Linked(token) if token else Unexpected("medicus-token-incomplete")


def entered(reply: Reply, tenant: str) -> Entered | Rejected | Refused | Silence:
    """A session that shows an NHS number; one that shows none proves nothing (N2)."""
    if reply.status != CREATED:
        return refused(refusals.SESSION, reply, "medicus-session")
    session = reply.read(wire.Session)
    if session is None or not wire.is_id(session.session_id):
        return Unexpected("medicus-session-id")
    try:
        numbers = frozenset({NhsNumber(session.patient.nhs_number if session.patient else "")})
    except NhsNumberInvalid:
        return Unexpected("medicus-session-no-number")
    visit = wire.Visit(tenant=tenant, session_id=session.session_id)
    return Entered(GpSession(SUPPLIER, Secret(msgspec.json.encode(visit).decode())), ShownPatient(numbers, _shown(session)))


def token_of(token: Im1Token) -> str | None:
    """The token itself, ours as it came; None when it is none of Medicus's."""
    text = token.text.reveal()
    return text if token.supplier == SUPPLIER and wire.is_id(text) else None


def visit_of(session: GpSession) -> wire.Visit | None:
    """The session that a handle stands for; None when it is none of ours."""
    if session.supplier != SUPPLIER:
        return None
    try:
        visit = msgspec.json.decode(session.handle.reveal(), type=wire.Visit)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return visit if wire.is_id(visit.session_id) and visit.tenant.isalnum() else None


def _token(account: wire.Account | None) -> Im1Token | None:
    return Im1Token(SUPPLIER, Secret(account.token)) if account and wire.is_id(account.token) else None


def _details(account: wire.Account | None, practice: OdsCode) -> GpCredentials | None:
    if account and account.account_id.strip() and account.linkage_key.strip():
        return GpCredentials(account.account_id, practice, Secret(account.linkage_key))
    return None


def _shown(session: wire.Session) -> Demographics | None:
    patient = session.patient
    if patient and patient.family_name.strip() and patient.birth_date.strip():
        return Demographics(patient.family_name.strip(), patient.birth_date.strip())
    return None

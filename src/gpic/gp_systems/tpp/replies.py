"""What TPP's replies mean: pure functions from a reply to an answer (`gp-systems.md` §3.2, §3.3, §3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from gpic.gp_systems.rows import A, Row, judge
from gpic.gp_systems.tpp import refusals, wire
from gpic.nhs.answers import (
    AccountOpened,
    Found,
    GpSession,
    LinkAnswer,
    Linked,
    NoAccount,
    Opened,
    Refused,
    Rejected,
    Retrieved,
    ShownPatient,
    Silence,
    Unexpected,
    Unreachable,
)
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Reply, no_answer

SUPPLIER: Final = "tpp"
OK: Final = 200
NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Entered:
    """An open session: *suid* is "" when TPP told none, which is enough for a check and too little to work with."""

    shown: ShownPatient
    visit: wire.Visit

    @property
    def is_whole(self) -> bool:
        """It names its user and its patient, without which nobody can work in it either (§3.3)."""
        return bool(self.visit.online_user_id and self.visit.patient_id)

    def __repr__(self) -> str:
        return "Entered(•••)"


def accepted(rows: Sequence[Row[A]], reply: Reply, call: str) -> wire.Document | A | Silence:
    """The document of a reply that is no error, or the answer of *rows*; what no row knows is no answer (N12)."""
    if silence := no_answer(reply):
        return silence
    root = wire.parsed(reply)
    if root is None:
        return Unexpected(f"{call}-{reply.status}-unreadable")
    if error := wire.error_in(root, reply.status):
        return judge(rows, error, call) or Unexpected(error.coded(call))
    return root if reply.status == OK else Unexpected(f"{call}-{reply.status}")


def is_transient(reply: Reply | Silence) -> bool:
    """Whether TPP asks for the same once more (556)."""
    root = wire.parsed(reply) if isinstance(reply, Reply) else None
    error = None if root is None else wire.error_in(root, OK)
    return error is not None and error.code == refusals.TRANSIENT


def retrieved(rows: Sequence[Row[Refused | Unreachable]], reply: Reply, practice: OdsCode) -> Retrieved:
    """LinkAccount with retrieveOnly: blank details, or a 404 with next to nothing, are a patient without an account (§3.2)."""
    if reply.status == NOT_FOUND and (not reply.body.strip() or wire.parsed(reply) is not None):
        return NoAccount()
    document = accepted(rows, reply, "tpp-retrieve")
    if not isinstance(document, wire.Document):
        return document
    found = wire.link_reply(document)
    if found is None:
        return Unexpected("tpp-retrieve-document")
    details = _details(found, practice)
    return Found(details) if details else NoAccount()


def opened(rows: Sequence[Row[Refused | Unreachable]], reply: Reply, practice: OdsCode, provider_id: str) -> AccountOpened:
    """LinkAccount by number alone: an account, our passphrase, and the linkage key to hand on."""
    document = accepted(rows, reply, "tpp-create")
    if not isinstance(document, wire.Document):
        return document
    made = wire.link_reply(document)
    if made is None or not made.account_id.strip() or not made.passphrase.strip():
        return Unexpected("tpp-create-incomplete")
    return Opened(token_of(wire.Token(made.account_id, made.passphrase, provider_id)), _details(made, practice))


def linked(reply: Reply, account_id: str, provider_id: str) -> LinkAnswer:
    """LinkAccount with the passphrase to link: our own passphrase for it."""
    document = accepted(refusals.LINK, reply, "tpp-link")
    if not isinstance(document, wire.Document):
        return document
    bought = wire.link_reply(document)
    if bought is None or not bought.passphrase.strip():
        return Unexpected("tpp-link-incomplete")
    return Linked(token_of(wire.Token(account_id, bought.passphrase, provider_id)))


def entered(reply: Reply) -> Entered | Rejected | Refused | Silence:
    """Authenticate: whom the session shows; one that tells neither number nor name proves nothing (N2)."""
    document = accepted(refusals.AUTHENTICATE, reply, "tpp-authenticate")
    if not isinstance(document, wire.Document):
        return document
    session = wire.session_reply(document)
    if session is None or not (session.nhs_numbers or session.demographics):
        return Unexpected("tpp-authenticate-nobody")
    suid = reply.headers.get("suid", "")
    shown = ShownPatient(session.nhs_numbers, session.demographics)
    usable = suid if wire.SUID.fullmatch(suid) else ""
    return Entered(shown, wire.Visit(usable, session.online_user_id, session.patient_id))


def visit_of(session: GpSession) -> wire.Visit | None:
    """The session that a handle stands for; None when it is none of ours, or no header can carry it."""
    try:
        visit = msgspec.json.decode(session.handle.reveal(), type=wire.Visit) if session.supplier == SUPPLIER else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return visit if visit and wire.SUID.fullmatch(visit.suid) else None


def token_of(token: wire.Token) -> Im1Token:
    """TPP's three as our IM1 token: JSON, as NHS App keeps it (§5)."""
    return Im1Token(SUPPLIER, Secret(msgspec.json.encode(token).decode()))


def parts_of(token: Im1Token) -> wire.Token | None:
    """The three in an IM1 token; None when it is none of TPP's, or one of them is blank."""
    try:
        parts = msgspec.json.decode(token.text.reveal(), type=wire.Token) if token.supplier == SUPPLIER else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return parts if parts and all(part.strip() for part in (parts.account_id, parts.passphrase, parts.provider_id)) else None


def _details(reply: wire.LinkReply, practice: OdsCode) -> GpCredentials | None:
    if reply.account_id.strip() and reply.passphrase_to_link.strip():
        return GpCredentials(reply.account_id, practice, Secret(reply.passphrase_to_link))
    return None

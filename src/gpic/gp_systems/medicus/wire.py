"""Medicus's words, as our provisional contract has them: JSON in camelCase (docs/reference/medicus-contract.md)."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from gpic.gp_systems.rows import Said
from gpic.outbound import Reply

#: Ids and tokens travel in headers and JSON; anything else is none of theirs.
ID: Final = re.compile(r"[\x21-\x7e]{1,1000}")
BEARER: Final = re.compile(r"[\x21-\x7e]{1,8000}")
LARGEST_CODE: Final = 99_999


class Words(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Fields in camelCase; what is blank is not sent. The repr shows none of them."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(•••)"


class PersonWords(Words, frozen=True, rename="camel"):
    """Whom linkage is asked about, to find it or to make an account."""

    nhs_number: str
    family_name: str
    birth_date: str
    identity_token: str
    email_address: str = ""
    mobile_number: str = ""


class LinkageWords(Words, frozen=True, rename="camel"):
    """Linkage details to exchange for a token."""

    account_id: str
    linkage_key: str
    family_name: str
    birth_date: str


class TokenWords(Words, frozen=True, rename="camel"):
    """The token that opens a session."""

    token: str


class Account(Words, frozen=True, rename="camel"):
    """The reply of every linkage and token call; what a call does not tell is blank."""

    account_id: str = ""
    linkage_key: str = ""
    token: str = ""


class Patient(Words, frozen=True, rename="camel"):
    """Whom a session shows."""

    nhs_number: str = ""
    family_name: str = ""
    birth_date: str = ""


class Session(Words, frozen=True, rename="camel"):
    """The reply of opening a session."""

    session_id: str = ""
    patient: Patient | None = None


class Granted(msgspec.Struct, frozen=True):
    """The token endpoint's reply; *expires_in* is seconds."""

    access_token: str
    expires_in: int = 0

    def __repr__(self) -> str:
        return "Granted(•••)"


class Visit(Words, frozen=True, rename="camel"):
    """An open session and its tenant; our own form of a session's handle."""

    tenant: str
    session_id: str


def said(reply: Reply) -> Said:
    """A refusal's code; where a field is at fault its name counts as the words. The message is read by nobody."""
    envelope = reply.read(dict[str, Any]) or {}
    code, name = envelope.get("code"), envelope.get("field")
    known = type(code) is int and 0 < code <= LARGEST_CODE
    return Said(reply.status, code if known else None, name if isinstance(name, str) else "")


def is_id(text: str) -> bool:
    """Whether this can be one of their opaque ids or tokens."""
    return ID.fullmatch(text) is not None

"""What EMIS reads: bodies of requests, PascalCase (`gp-systems.md` §2.2)."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import msgspec

from gpic.simulators.emis.refusals import UNREADABLE, Refused


class SessionRequest(msgspec.Struct, rename="pascal", frozen=True):
    """E2."""

    access_identity_guid: str
    national_practice_code: str


class LinkageDetails(msgspec.Struct, rename="pascal", frozen=True):
    """The three things of E3."""

    account_id: str
    linkage_key: str
    national_practice_code: str


class ApplicationRequest(msgspec.Struct, rename="pascal", frozen=True):
    """E3."""

    surname: str
    date_of_birth: str  #: `yyyy-mm-ddThh:mm:ss`
    linkage_details: LinkageDetails


class VerificationRequest(msgspec.Struct, rename="pascal", frozen=True):
    """E4. *token* is NHS login's identity token."""

    national_practice_code: str
    nhs_number: str
    token: str | None = None
    additional_comment: str | None = None


class NewUserRequest(msgspec.Struct, rename="pascal", frozen=True):
    """E5."""

    national_practice_code: str
    nhs_number: str
    email_address: str | None = None


T = TypeVar("T", bound=msgspec.Struct)


def day_of(text: str) -> str:
    """The date of a `yyyy-mm-ddThh:mm:ss`, as `yyyy-mm-dd`; raises Refused."""
    try:
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError as error:
        raise Refused(UNREADABLE, "DateOfBirth") from error


def read_as(kind: type[T], body: bytes) -> T:
    """The body as *kind*; raises Refused."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise Refused(UNREADABLE, "request") from error

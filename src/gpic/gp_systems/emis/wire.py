"""EMIS Web's words: the JSON of the calls that we make, field by field in its own spelling (`gp-systems.md` §2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, TypeVar

import msgspec

from gpic.gp_systems.rows import Said
from gpic.outbound import Reply

#: Opaque ids travel in headers and queries; anything else in them is no id of EMIS.
ID: Final = re.compile(r"[\x21-\x7e]{1,1000}")
GUID: Final = re.compile(r"\{?[0-9A-Fa-f]{8}(-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}\}?")

LARGEST_CODE: Final = 99_999
W = TypeVar("W")


class Words(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Fields in PascalCase, nulls written out (§2.1). The repr shows none of them."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(•••)"


class EndUserSession(Words, frozen=True, rename="pascal"):
    """E1's reply."""

    end_user_session_id: str = ""


class SessionRequest(Words, frozen=True, rename="pascal"):
    """E2's request."""

    access_identity_guid: str
    national_practice_code: str


class Identifier(Words, frozen=True, rename="pascal"):
    """A number of the patient's, and of which kind."""

    identifier_value: str | None = None
    identifier_type: str | None = None


class PatientLink(Words, frozen=True, rename="pascal"):
    """One person whom the session may act for; `Self` is the patient, whose numbers newer sessions tell here too."""

    user_patient_link_token: str | None = None
    association_type: str | None = None
    application_link_level: str | None = None
    patient_identifiers: tuple[Identifier, ...] | None = None


class Session(Words, frozen=True, rename="pascal"):
    """E2's reply."""

    session_id: str | None = None
    application_link_level: str | None = None
    user_patient_links: tuple[PatientLink, ...] | None = None


class LinkageDetails(Words, frozen=True, rename="pascal"):
    """The three that a patient holds."""

    account_id: str
    linkage_key: str
    national_practice_code: str


class ApplicationRequest(Words, frozen=True, rename="pascal"):
    """E3's request; the birth date is a date and a midnight."""

    surname: str
    date_of_birth: str
    linkage_details: LinkageDetails


class Access(Words, frozen=True, rename="pascal"):
    """The reply of E3 and of E5, and our IM1 token's own form (§5)."""

    access_identity_guid: str | None = None


class VerificationRequest(Words, frozen=True, rename="pascal"):
    """E4's request."""

    national_practice_code: str
    nhs_number: str
    token: str
    additional_comment: None = None


class Verification(Words, frozen=True, rename="pascal"):
    """E4's reply, on 201 and on 409."""

    account_id: str | None = None
    linkage_key: str | None = None


class AccountRequest(Words, frozen=True, rename="pascal"):
    """E5's request."""

    national_practice_code: str
    nhs_number: str
    email_address: str


class Patient(Words, frozen=True, rename="pascal"):
    """E6's reply."""

    surname: str | None = None
    date_of_birth: str | None = None
    patient_identifiers: tuple[Identifier, ...] | None = None


class Visit(Words, frozen=True, rename="pascal"):
    """The ids of an open session; our own form of a session's handle."""

    end_user_session_id: str
    session_id: str = ""
    user_patient_link_token: str = ""


def read(reply: Reply, kind: type[W]) -> W | None:
    """The JSON body as *kind*; None when it is no such thing. Some stubs begin names in lower case, and clients read both."""
    try:
        return msgspec.convert(_in_pascal(msgspec.json.decode(reply.body)), kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _in_pascal(value: Any) -> Any:  # noqa: ANN401 - foreign JSON
    if isinstance(value, dict):
        return {name[:1].upper() + name[1:]: _in_pascal(inner) for name, inner in value.items()}
    return [_in_pascal(inner) for inner in value] if isinstance(value, list) else value


def is_id(text: str | None) -> bool:
    """Whether this can be one of EMIS's opaque ids."""
    return text is not None and ID.fullmatch(text) is not None


def said(reply: Reply) -> Said:
    """A refusal's code and words, whichever of the three envelopes it comes in, or none (§2.3)."""
    envelope = read(reply, dict[str, Any]) or {}
    return Said(reply.status, _code(envelope.get("InternalResponseCode")), " | ".join(_sentences(envelope)))


def _code(number: Any) -> int | None:  # noqa: ANN401 - foreign JSON
    """The code, always negative: the sign differs between generations."""
    return -abs(number) if type(number) is int and abs(number) <= LARGEST_CODE else None


def _sentences(envelope: dict[str, Any]) -> Iterator[str]:
    """Every sentence of the envelope: the old generation keeps them in `Exceptions`, the newer in `Message`."""
    exceptions, fields = envelope.get("Exceptions"), envelope.get("ModelState")
    places = [
        envelope.get("Message"),
        envelope.get("InternalResponseMessage"),
        *(one.get("Message") for one in (exceptions if isinstance(exceptions, list) else []) if isinstance(one, dict)),
        *(text for texts in (fields.values() if isinstance(fields, dict) else []) for text in _listed(texts)),
    ]
    return (text for text in places if isinstance(text, str))


def _listed(texts: Any) -> list[Any]:  # noqa: ANN401 - foreign JSON
    return texts if isinstance(texts, list) else []


def session_is_lost(reply: Reply) -> bool:
    """Whether EMIS has forgotten our end-user session (§2.3)."""
    return reply.status == 401 or reply.body.strip().strip(b'"') == b"Missing or invalid EndUserSessionId"  # noqa: PLR2004

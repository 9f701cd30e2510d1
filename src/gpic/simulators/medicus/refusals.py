"""The contract's table of refusals: status, code and words. PROVISIONAL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gpic.simulators.lane import Reply, json_reply


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row."""

    status: int
    code: int
    message: str


class Refused(Exception):
    """Medicus says no. *field* stands with 901 alone; nothing that was sent is repeated."""

    def __init__(self, refusal: Refusal, field: str = "") -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.field = field


class AccessLost(Exception):
    """401: the access token is unknown or has expired."""


class TooManyRequests(Exception):
    """429; *seconds* until it is worth asking again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(self.__doc__)
        self.seconds = seconds


TENANT_UNKNOWN: Final = Refusal(404, 101, "There is no such tenant.")
PRACTICE_NOT_LIVE: Final = Refusal(403, 102, "The practice is not live.")
SERVICES_OFF: Final = Refusal(403, 103, "Online services are off.")
NOT_ENABLED: Final = Refusal(403, 104, "The application is not enabled at this practice.")
NOT_REGISTERED: Final = Refusal(404, 201, "The patient is not registered here.")
TOO_YOUNG: Final = Refusal(403, 202, "The patient is too young, or not competent.")
ARCHIVED: Final = Refusal(403, 203, "The patient's record is archived.")
SEVERAL_RECORDS: Final = Refusal(409, 204, "Several records share the NHS number.")
STATUS_INVALID: Final = Refusal(403, 205, "The status is not valid for an online user.")
UNMATCHED: Final = Refusal(403, 206, "The patient is not matched to PDS.")
DEMOGRAPHICS_WRONG: Final = Refusal(403, 207, "Name or birth date differ.")
NO_ACCOUNT: Final = Refusal(404, 301, "The patient has no online account.")
ACCOUNT_EXISTS: Final = Refusal(409, 302, "The patient has an online account already.")
ACCOUNT_UNKNOWN: Final = Refusal(404, 303, "There is no account of this id.")
KEY_WRONG: Final = Refusal(403, 304, "The linkage key is not valid.")
LINKED_BEFORE: Final = Refusal(409, 305, "This application has a token of the account.")
LOCKED: Final = Refusal(403, 306, "The account is locked after failed attempts.")
TOKEN_REFUSED: Final = Refusal(403, 307, "The token is not accepted.")
FIELD_WRONG: Final = Refusal(400, 901, "A field is missing or out of range.")

REFUSALS: Final = (
    TENANT_UNKNOWN,
    PRACTICE_NOT_LIVE,
    SERVICES_OFF,
    NOT_ENABLED,
    NOT_REGISTERED,
    TOO_YOUNG,
    ARCHIVED,
    SEVERAL_RECORDS,
    STATUS_INVALID,
    UNMATCHED,
    DEMOGRAPHICS_WRONG,
    NO_ACCOUNT,
    ACCOUNT_EXISTS,
    ACCOUNT_UNKNOWN,
    KEY_WRONG,
    LINKED_BEFORE,
    LOCKED,
    TOKEN_REFUSED,
    FIELD_WRONG,
)


def refuse(refusal: Refusal, *, when: bool) -> None:
    """Raise Refused."""
    if when:
        raise Refused(refusal)


def as_reply(refused: Refused) -> Reply:
    """The refusal on the wire."""
    refusal = refused.refusal
    return told(refusal.status, refusal.code, refusal.message, refused.field)


def told(status: int, code: int, message: str, field: str = "") -> Reply:
    """Any code of the contract."""
    body: dict[str, object] = {"code": code, "message": message} | ({"field": field} if field else {})
    reply = json_reply(status, body, ok=False)
    return Reply(reply.status, reply.body, reply.headers, ok=False, note=str(code))


def failing(status: int) -> Reply:
    """A failure that is nobody's fault but the system's own; it has no code and says nothing of account or secret."""
    return json_reply(status, {"message": "The request could not be answered."}, ok=False)


def access_lost() -> Reply:
    """401, as RFC 6750 §3 has it."""
    challenge = {"www-authenticate": 'Bearer error="invalid_token"'}
    return json_reply(401, {"error": "invalid_token"}, ok=False, headers=challenge)


def too_many(refused: TooManyRequests) -> Reply:
    """429 with whole seconds to wait."""
    reply = failing(429)
    return Reply(reply.status, reply.body, {**reply.headers, "retry-after": str(refused.seconds)}, ok=False)

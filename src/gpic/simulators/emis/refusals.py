"""EMIS's refusals: statuses, codes and messages of `gp-systems.md` §2.4–2.6, and the two envelopes in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gpic.simulators.emis.switches import Generation
from gpic.simulators.ids import Mint
from gpic.simulators.lane import Reply, json_reply

NO_GUID: Final = "00000000-0000-0000-0000-000000000000"
SESSION_LOST: Final = "Missing or invalid EndUserSessionId"
OLD_ERROR: Final = -1002
OLD_STATUS: Final = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """One answer. *old_code* is given where the older generation says the same as a 500."""

    status: int
    code: int
    message: str
    old_code: int | None = None

    def seen_by(self, generation: Generation) -> tuple[int, int]:
        """Status and code as that generation tells them."""
        if generation is Generation.OLDER and self.old_code is not None:
            return OLD_STATUS, self.old_code
        return self.status, self.code


class Refused(Exception):
    """EMIS says no. Carries the refusal; *model_state* names fields that could not be read."""

    def __init__(self, refusal: Refusal, *model_state: str) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.model_state = model_state


class SessionLost(Exception):
    """The end-user session is missing, unknown or over; the body is the literal text."""


# EMIS itself
KEYS_OUT_OF_REACH: Final = Refusal(500, -9999, "Exception occurred during API processing.")
# Whoever calls
APPLICATION_UNKNOWN: Final = Refusal(403, -1030, "API command is not permitted for this application")
TOO_MANY: Final = Refusal(429, -9999, "Too many requests")
VERSION_UNKNOWN: Final = Refusal(400, -1017, "X-API-Version outside of valid range")
HEADER_MISSING: Final = Refusal(400, -1014, "Required header missing")
# What is asked
UNREADABLE: Final = Refusal(400, -1014, "The request is invalid")
FIELD_MISSING: Final = Refusal(400, -1014, "Required field missing")
ACCOUNT_ID_LENGTH: Final = Refusal(400, -1017, "AccountId length outside of valid range")
LINKAGE_KEY_LENGTH: Final = Refusal(400, -1017, "LinkageKey length outside of valid range")
SURNAME_LENGTH: Final = Refusal(400, -1017, "Surname length outside of valid range")
ACCESS_VIOLATION: Final = Refusal(403, -1030, "Services Access violation")
IDENTITY_UNPROVED: Final = Refusal(403, -1030, "The identity token could not be verified")
# The practice
ORGANISATION_UNKNOWN: Final = Refusal(400, -1001, "No organisation found for NationalPracticeCode")
PRACTICE_NOT_LIVE: Final = Refusal(400, -1401, "Practice is not live")
API_V2_OFF: Final = Refusal(403, -1030, "Patient Facing Services API v2 is not enabled at this practice")
FACING_SERVICES_OFF: Final = Refusal(403, -1030, "Patient Facing Services are not enabled by this practice")
# The patient
NOT_REGISTERED: Final = Refusal(404, -1551, "Patient is not registered at this practice")
ARCHIVED: Final = Refusal(400, -1552, "Patient is archived")
TOO_YOUNG: Final = Refusal(400, -1553, "Patient is under the minimum age or non-competent")
STATUS_INVALID: Final = Refusal(400, -1554, "Patient status is not valid for an online user")
SEVERAL_RECORDS: Final = Refusal(400, -1555, "Several records share this NHS number")
# The account
NO_ONLINE_USER: Final = Refusal(404, -1104, "No self-associated online user found")
NO_USER_FOR_DETAILS: Final = Refusal(404, -1104, "No registered online user found for given linkage details", OLD_ERROR)
DETAILS_WRONG: Final = Refusal(400, -1105, "Invalid linkage details", OLD_ERROR)
DEMOGRAPHICS_WRONG: Final = Refusal(400, -1106, "No match found for given demographics", OLD_ERROR)
ACCOUNT_STATUS: Final = Refusal(400, -1107, "Account status is invalid")
NOT_PATIENTS_OWN: Final = Refusal(400, -1109, "Self-associated account is not linked with the patient")
LINKED_400: Final = Refusal(400, -1108, "Registered online user is already linked")
LINKED_500: Final = Refusal(500, OLD_ERROR, "Registered online user is already linked")
LINKED_409: Final = Refusal(409, -1108, "Registered online user is already linked")


def account_exists(code: int) -> Refusal:
    """users/nhs where there is an account already; *code* is 0 or -1110."""
    return Refusal(409, code, "An account with the same demographics already exists")


def wrong_status(identity: str, application: str, actual: str) -> Refusal:
    """The token is of no account that may open sessions."""
    message = (
        f"User Identity '{identity}' required account status 'Inactive, Active' from Application '{application}'. "
        f"Actual account status is '{actual}'. Extra info: Invalid account registration status"
    )
    return Refusal(403, -1030, message, -1030)


def wrong_level(identity: str, application: str, actual: str = "Restricted") -> Refusal:
    """The account was reset and nobody has signed in at NHS login since; or whatever else the *actual* level is."""
    message = (
        f"User Identity '{identity}' requested access level 'Linked' from Application '{application}'. "
        f"Actual access level is '{actual}'. Extra info: Invalid UserApplication link level"
    )
    return Refusal(403, -1030, message, -1030)


def envelope(refused: Refused, generation: Generation, mint: Mint) -> Reply:
    """Both shapes in one: older and newer clients look for the message in different places (`gp-systems.md` §2.3)."""
    status, code = refused.refusal.seen_by(generation)
    message = refused.refusal.message
    cause = {"Message": message, "ExceptionId": NO_GUID, "InnerExceptionId": NO_GUID, "IsRootException": True, "CallStack": ""}
    body: dict[str, object] = {
        "Message": message,
        "InternalResponseCode": code,
        "InternalResponseMessage": message,
        "InternalResponseMethod": "",
        "ErrorReference": mint.guid(),
        "Exceptions": [cause],
    }
    if refused.model_state:
        body["ModelState"] = {name: [message] for name in refused.model_state}
    reply = json_reply(status, body, ok=False)
    return Reply(reply.status, reply.body, reply.headers, ok=False, note=str(code))

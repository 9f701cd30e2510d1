"""PDS's refusals as OperationOutcome (`demographics.md` §1.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gpic.simulators.lane import Reply, json_reply

CODES: Final = "https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode"
FHIR: Final = "application/fhir+json"
GATEWAY: Final = "application/json"
FIRST_FAILURE: Final = 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the table. *by_gateway*: the body is plain application/json."""

    status: int
    code: str
    issue: str
    display: str
    severity: str = "error"
    by_gateway: bool = False


class Refused(Exception):
    """PDS says no. *diagnostics* never repeats an NHS number."""

    def __init__(self, outcome: Outcome, diagnostics: str = "") -> None:
        super().__init__(outcome.display)
        self.outcome = outcome
        self.diagnostics = diagnostics


INVALID_ID: Final = Outcome(400, "INVALID_RESOURCE_ID", "value", "Resource Id is invalid")
UNSUPPORTED_SERVICE: Final = Outcome(400, "UNSUPPORTED_SERVICE", "processing", "Unsupported Service")
UNSUPPORTED_PATH: Final = Outcome(
    400, "UNSUPPORTED_REQUEST", "value", "The request is not one that is supported.", by_gateway=True
)
MISSING_VALUE: Final = Outcome(400, "MISSING_VALUE", "required", "Required value is missing")
INVALID_VALUE: Final = Outcome(400, "INVALID_VALUE", "value", "Provided value is invalid", by_gateway=True)
UNAUTHORISED: Final = Outcome(401, "ACCESS_DENIED", "forbidden", "Access Denied - Unauthorised", by_gateway=True)
UPDATE_REFUSED: Final = Outcome(
    403, "INVALID_METHOD", "forbidden", "Cannot update resource with application-restricted access token", by_gateway=True
)
NO_ASID: Final = Outcome(400, "MISSING_VALUE", "required", "Required value is missing", by_gateway=True)
ONE_RESULT: Final = Outcome(403, "INVALID_VALUE", "forbidden", "Provided value is invalid", by_gateway=True)
UNSUPPORTED_PARAMETER: Final = Outcome(400, "INVALID_SEARCH_DATA", "value", "Search data is invalid")
TOO_MANY_MATCHES: Final = Outcome(200, "TOO_MANY_MATCHES", "multiple-matches", "Too Many Matches", severity="information")
NOT_FOUND: Final = Outcome(404, "RESOURCE_NOT_FOUND", "not-found", "Resource not found", severity="information")
INVALIDATED: Final = Outcome(
    404,
    "INVALIDATED_RESOURCE",
    "processing",
    "Resource that has been marked as invalid was requested - invalid resources cannot be retrieved",
)
TOO_MANY: Final = Outcome(429, "TOO_MANY_REQUESTS", "value", "Too many requests", by_gateway=True)
UNAVAILABLE: Final = Outcome(503, "SERVICE_UNAVAILABLE", "timeout", "Service unavailable", by_gateway=True)
NO_ANSWER: Final = Outcome(408, "UNABLE_TO_CALL_SERVICE", "timeout", "Unable to call service", by_gateway=True)

FAILURES: Final = {outcome.status: outcome for outcome in (TOO_MANY, UNAVAILABLE, NO_ANSWER)}


def as_reply(refused: Refused) -> Reply:
    """The OperationOutcome."""
    outcome = refused.outcome
    coding = {"system": CODES, "version": "1", "code": outcome.code, "display": outcome.display}
    issue: dict[str, object] = {"severity": outcome.severity, "code": outcome.issue, "details": {"coding": [coding]}}
    if refused.diagnostics:
        issue["diagnostics"] = refused.diagnostics
    headers = {"content-type": GATEWAY if outcome.by_gateway else FHIR}
    ok = outcome.status < FIRST_FAILURE
    reply = json_reply(outcome.status, {"resourceType": "OperationOutcome", "issue": [issue]}, headers=headers, ok=ok)
    return Reply(reply.status, reply.body, reply.headers, ok=ok, note=outcome.code)


def failing(status: int) -> Reply:
    """A failure of that status: with its own outcome where PDS has one, else the generic body."""
    if status in FAILURES:
        return as_reply(Refused(FAILURES[status]))
    return json_reply(status, {"error": "Unknown Error"}, headers={"content-type": GATEWAY}, ok=False)

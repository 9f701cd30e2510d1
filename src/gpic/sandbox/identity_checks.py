"""A stand-in for whoever compares people with their documents: one click, or scripted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gpic.provider.identity.ports import CheckBegun, CheckOutcome, CheckWanted, NoChecks
from gpic.web.rendering import Rendering, see

PATH: Final = "/identity-check"
MOST_OPEN: Final = 1000
NOT_FOUND: Final = 404
GONE: Final = "This check does not exist, or is over"


class Manner(StrEnum):
    """How checks end here."""

    ASK = "ask"  #: somebody clicks
    PASS = "pass"  # noqa: S105 - a word
    FAIL = "fail"
    AWAY = "away"  #: nobody checks anything


@dataclass(slots=True)
class Check:
    """One check as it stands."""

    wanted: CheckWanted
    outcome: CheckOutcome = CheckOutcome.PENDING


@dataclass(slots=True)
class OneClickChecks:
    """Implements the IdentityChecks port. *address* is where its page is served; *manner* may be changed at any time."""

    address: str
    manner: Manner = Manner.ASK
    begun: dict[str, Check] = field(default_factory=dict, repr=False)

    async def begin(self, wanted: CheckWanted) -> CheckBegun | NoChecks:
        """A page with two buttons; where it is scripted, straight back."""
        if self.manner is Manner.AWAY:
            return NoChecks()
        while len(self.begun) >= MOST_OPEN:
            self.begun.pop(next(iter(self.begun)))
        check_id = secrets.token_urlsafe(32)
        self.begun[check_id] = Check(wanted)
        if self.manner is Manner.ASK:
            return CheckBegun(check_id, f"{self.address}{PATH}/{check_id}")
        self.begun[check_id].outcome = CheckOutcome.PASSED if self.manner is Manner.PASS else CheckOutcome.FAILED
        return CheckBegun(check_id, wanted.back)

    async def outcome(self, check_id: str, subject: str) -> CheckOutcome:
        """What somebody clicked; of another's check nothing but that it failed."""
        check = self.begun.get(check_id)
        return check.outcome if check is not None and check.wanted.subject == subject else CheckOutcome.FAILED


def routes(checks: OneClickChecks, rendering: Rendering) -> list[BaseRoute]:
    """Its page."""

    async def shown(request: Request) -> Response:
        check = checks.begun.get(request.path_params["check_id"])
        if check is None:
            return rendering.told("Identity check", GONE, NOT_FOUND)
        return rendering.page("identity_check.jinja", 200, name=f"{check.wanted.given_name} {check.wanted.family_name}".strip())

    async def clicked(request: Request) -> Response:
        check, form = checks.begun.get(request.path_params["check_id"]), await request.form()
        if check is None or check.outcome is not CheckOutcome.PENDING:
            return rendering.told("Identity check", GONE, NOT_FOUND)
        check.outcome = CheckOutcome.PASSED if form.get("action") == "pass" else CheckOutcome.FAILED
        return see(check.wanted.back)

    return [
        Route(PATH + "/{check_id}", shown, methods=["GET"]),
        Route(PATH + "/{check_id}", clicked, methods=["POST"]),
    ]

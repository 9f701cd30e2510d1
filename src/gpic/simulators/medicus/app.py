"""Medicus over HTTP: which resource wants what, and how a call is admitted. PROVISIONAL."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gpic.simulators.faults import Faults
from gpic.simulators.identity_tokens import JwksSource
from gpic.simulators.journal import Journal
from gpic.simulators.lane import Call, Lane, Reply
from gpic.simulators.limits import Gate
from gpic.simulators.medicus import operations
from gpic.simulators.medicus.access import Access, credentials_in
from gpic.simulators.medicus.case import Tenancy
from gpic.simulators.medicus.checks import ADMISSION
from gpic.simulators.medicus.operations import SESSION_HEADER, Medicus, Visit
from gpic.simulators.medicus.refusals import (
    FIELD_WRONG,
    AccessLost,
    Refused,
    TooManyRequests,
    access_lost,
    as_reply,
    failing,
    told,
    too_many,
)
from gpic.simulators.medicus.switches import MedicusSwitches
from gpic.simulators.sessions import Sessions
from gpic.simulators.world import World

LANE: Final = "MEDICUS"
STRANGER: Final = "unknown application"
TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 -- a path
TOKEN_OPERATION: Final = "POST oauth2/token"  # noqa: S105 -- an operation's name
GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
UNEXPLAINED: Final = "The request was refused."


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a tenant."""

    method: str
    path: str  #: below the tenant
    work: Callable[[Medicus, Visit], Awaitable[Reply]]

    @property
    def operation(self) -> str:
        """As the journal calls it."""
        return f"{self.method} {self.path}"


RESOURCES: Final = (
    Resource("POST", "linkage/find", operations.find_linkage),
    Resource("POST", "linkage", operations.make_account),
    Resource("POST", "token", operations.issue_token),
    Resource("POST", "session", operations.open_session),
    Resource("DELETE", "session", operations.end_session),
)


def medicus_app(
    world: World,
    journal: Journal,
    faults: Faults,
    switches: MedicusSwitches,
    *,
    applications: Mapping[str, tuple[str, str]],
    identity_jwks: JwksSource | None = None,
) -> Starlette:
    """The stand-in. *applications*: by client id, who it is and its secret: {"medicus-nhs-login": ("NHS login", "…")}.

    `app.state.access.revoke_all()` ends all access tokens.
    """
    access = Access({one: secret for one, (_, secret) in applications.items()}, world.clocks.wire, world.mint)
    sessions: Sessions[str] = Sessions(
        world.clocks.world, lambda: switches.session_lifetime, lambda: world.mint.opaque("mds-", 16)
    )
    medicus = Medicus(world, switches, access, Gate(), sessions, identity_jwks)
    lane = Lane(LANE, journal, faults, failing, world.catch_up, refusing)
    door = _Door(medicus, lane, {one: name for one, (name, _) in applications.items()})
    app = Starlette(routes=[Route(TOKEN_PATH, door.grant, methods=["POST"]), *(door.route(one) for one in RESOURCES)])
    app.state.access = access
    return app


def refusing(status: int, code: int, message: str) -> Reply:
    """A code of the contract that somebody wants to see."""
    return told(status, code, message or UNEXPLAINED)


@dataclass(frozen=True, slots=True)
class _Door:
    medicus: Medicus
    lane: Lane
    names: Mapping[str, str]

    async def grant(self, request: Request) -> Response:
        """POST /oauth2/token."""
        authorization = request.headers.get("authorization", "")
        given = credentials_in(authorization)
        sender = self.names.get(given[0] if given is not None else "", STRANGER)

        async def work(_: Call, body: bytes) -> Reply:
            return self.medicus.access.answer(authorization, body, self.medicus.switches.token_lifetime)

        return await self.lane.serve(request, lambda _: Call(sender, TOKEN_OPERATION), work)

    def route(self, resource: Resource) -> Route:
        """The resource as Starlette serves it."""

        async def answer(request: Request) -> Response:
            application = self.medicus.access.holder(request.headers.get("authorization", ""))
            sender = self.names.get(application or "", STRANGER)

            async def work(call: Call, body: bytes) -> Reply:
                reply = await self._answered(resource, request, application, call, body)
                request_id = request.headers.get("x-request-id")
                return replace(reply, headers={**reply.headers, "x-request-id": request_id}) if request_id else reply

            return await self.lane.serve(request, lambda _: Call(sender, resource.operation), work)

        return Route(f"/{{tenant}}/{resource.path}", answer, methods=[resource.method])

    async def _answered(self, resource: Resource, request: Request, application: str | None, call: Call, body: bytes) -> Reply:
        """Admit and work; what is raised becomes its reply."""
        try:
            tenancy = self._admit(request, application)
            visit = Visit(tenancy, call, body, request.headers.get(SESSION_HEADER, "").strip())
            return await resource.work(self.medicus, visit)
        except AccessLost:
            return access_lost()
        except TooManyRequests as refused:
            return too_many(refused)
        except Refused as refused:
            return as_reply(refused)

    def _admit(self, request: Request, application: str | None) -> Tenancy:
        """In this order: access token, rate, request id, tenant. Raises AccessLost, TooManyRequests, Refused."""
        if application is None:
            raise AccessLost
        now, limits = self.medicus.world.clocks.wire.now(), self.medicus.switches.limits
        if self.medicus.gate.refused_by(application, limits, now) is not None:
            raise TooManyRequests(limits.seconds_to_wait)
        if not GUID.fullmatch(request.headers.get("x-request-id", "")):
            raise Refused(FIELD_WRONG, "X-Request-Id")
        tenancy = Tenancy(self.medicus.world, self.medicus.switches, application, request.path_params["tenant"])
        for check in ADMISSION:
            check(tenancy)
        return tenancy

"""EMIS over HTTP: which endpoint wants what, and how a call is admitted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gpic.simulators.emis import operations, refusals
from gpic.simulators.emis.checks import refuse
from gpic.simulators.emis.identity import IdentityCheck
from gpic.simulators.emis.operations import Emis, Visit
from gpic.simulators.emis.refusals import Refusal, Refused, SessionLost, envelope
from gpic.simulators.emis.replies import OpenSession
from gpic.simulators.emis.switches import EmisSwitches, Generation
from gpic.simulators.faults import Faults
from gpic.simulators.identity_tokens import JwksSource
from gpic.simulators.ids import Mint
from gpic.simulators.journal import Journal
from gpic.simulators.lane import Call, Lane, Reply, json_reply
from gpic.simulators.limits import Gate
from gpic.simulators.sessions import Sessions
from gpic.simulators.world import World

LANE: Final = "EMIS"
STRANGER: Final = "unknown application"
UNEXPLAINED: Final = "Exception occurred during API processing."


class Needs(IntEnum):
    """Which sessions an endpoint wants; each includes the one before."""

    NOTHING = 0
    END_USER = 1
    SESSION = 2


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row of `gp-systems.md` §2.2."""

    method: str
    path: str
    operation: str  #: as the journal calls it
    needs: Needs
    work: Callable[[Emis, Visit], Awaitable[Reply]]


ENDPOINTS: Final = (
    Endpoint(
        "POST", "/sessions/endusersession", "POST sessions/endusersession", Needs.NOTHING, operations.open_end_user_session
    ),
    Endpoint("POST", "/sessions", "POST sessions", Needs.END_USER, operations.open_session),
    Endpoint("POST", "/me/applications", "POST me/applications", Needs.END_USER, operations.link_application),
    Endpoint("POST", "/me/verifications", "POST me/verifications", Needs.END_USER, operations.verify),
    Endpoint("POST", "/users/nhs", "POST users/nhs", Needs.END_USER, operations.create),
    Endpoint("GET", "/demographics", "GET demographics", Needs.SESSION, operations.show_demographics),
    Endpoint("GET", "/me/settings", "GET me/settings", Needs.SESSION, operations.show_settings),
    Endpoint(
        "GET", "/practices/{ods_code}/settings", "GET practices/{ods-code}/settings", Needs.END_USER, operations.show_practice
    ),
)


def emis_app(
    world: World,
    journal: Journal,
    faults: Faults,
    switches: EmisSwitches,
    *,
    applications: Mapping[str, str],
    identity_jwks: JwksSource | None = None,
) -> Starlette:
    """The stand-in. *applications* names who sends an X-API-ApplicationId: {"nhs-login-emis": "NHS login"}."""
    clock = world.clocks.world

    emis = Emis(
        world,
        switches,
        IdentityCheck(identity_jwks, world.clocks.wire),
        applications,
        Sessions(clock, lambda: switches.session_lifetime, lambda: world.mint.opaque("EUS-")),
        Sessions(clock, lambda: switches.session_lifetime, lambda: world.mint.opaque("SID-")),
        Gate(),
    )

    def refusing(status: int, code: int, message: str) -> Reply:
        return envelope(Refused(Refusal(status, code, message or UNEXPLAINED)), Generation.NEWER, world.mint)

    lane = Lane(LANE, journal, faults, lambda status: failing(status, world.mint), world.catch_up, refusing)
    return Starlette(routes=[_Door(emis, lane).route(endpoint) for endpoint in ENDPOINTS])


def failing(status: int, mint: Mint) -> Reply:
    """A failure that is nobody's fault but the system's own."""
    if status == 503:  # noqa: PLR2004 -- as the stubs have it
        return json_reply(status, "Service unavailable", ok=False)
    return envelope(Refused(Refusal(status, -9999, UNEXPLAINED)), Generation.NEWER, mint)


@dataclass(frozen=True, slots=True)
class _Door:
    emis: Emis
    lane: Lane

    def route(self, endpoint: Endpoint) -> Route:
        """The endpoint as Starlette serves it."""

        async def answer(request: Request) -> Response:
            sender = self.emis.applications.get(request.headers.get("x-api-applicationid", ""), STRANGER)

            async def work(call: Call, body: bytes) -> Reply:
                return await self._answered(endpoint, request, call, body)

            return await self.lane.serve(request, lambda _: Call(sender, endpoint.operation), work)

        return Route(endpoint.path, answer, methods=[endpoint.method])

    async def _answered(self, endpoint: Endpoint, request: Request, call: Call, body: bytes) -> Reply:
        """Admit and work; refusals become envelopes."""
        try:
            application = self._application(request)
            session = self._session(endpoint.needs, request, application)
            visit = Visit(application, call, body, request.path_params, request.query_params, session)
            return await endpoint.work(self.emis, visit)
        except Refused as refused:
            return envelope(refused, self.emis.switches.generation, self.emis.world.mint)
        except SessionLost:
            return Reply(
                self.emis.switches.session_loss_status, refusals.SESSION_LOST.encode(), {"content-type": "text/plain"}, ok=False
            )

    def _application(self, request: Request) -> str:
        """Both application headers are there, the application is known and within its rate; raises Refused."""
        for header in ("X-API-ApplicationId", "X-API-Version"):
            if not request.headers.get(header, "").strip():
                raise Refused(refusals.HEADER_MISSING, header)
        wanted = self.emis.switches.api_version
        refuse(refusals.VERSION_UNKNOWN, when=bool(wanted) and request.headers["x-api-version"] != wanted)
        application = request.headers["x-api-applicationid"]
        if application not in self.emis.applications:
            unknown = refusals.APPLICATION_UNKNOWN
            raise Refused(replace(unknown, status=self.emis.switches.stranger_status))
        now = self.emis.world.clocks.wire.now()
        exceeded = self.emis.gate.refused_by(application, self.emis.switches.limits, now)
        refuse(refusals.TOO_MANY, when=exceeded is not None)
        return application

    def _session(self, needs: Needs, request: Request, application: str) -> OpenSession | None:
        """The sessions that the endpoint wants are alive and this application's own; raises SessionLost."""
        if needs >= Needs.END_USER:
            holder = self.emis.end_user_sessions.use(request.headers.get("x-api-endusersessionid", ""))
            if holder != application:
                raise SessionLost
        if needs < Needs.SESSION:
            return None
        session = self.emis.sessions.use(request.headers.get("x-api-sessionid", ""))
        if session is None or session.application != application:
            raise SessionLost
        return session

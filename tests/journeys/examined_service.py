"""A right service of a few lines, and how a wrong one is made of it: by one change, while it is put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gpic.nhs.clock import SystemClock
from gpic.relying_party import Connected, SessionClock
from gpic.relying_party.frameworks.pages import login_button
from gpic.relying_party.frameworks.starlette import PlainPages, SessionClockMiddleware, routes
from gpic.relying_party.login import Login
from gpic.relying_party.party import RelyingParty
from gpic.wiring.partner_file import ReadyPartner


class Pages(PlainPages):
    """Who is connected comes home."""

    def __init__(self, party: RelyingParty) -> None:
        self.party = party

    async def connected(self, request: Request, outcome: Connected) -> Response:
        """Begin a session."""
        SessionClock().begin(request.session, outcome, SystemClock().now())
        await self.party.end(outcome)
        return RedirectResponse("/", 303)


async def home(request: Request) -> Response:
    """The button; who is connected reads so, and can leave."""
    leave = '<form action="/leave" method="post"><button id="sign-out">Sign out</button></form>'
    inside = f"<h1>You are connected</h1>{leave}" if len(request.session) else "<h1>Welcome</h1>"
    return HTMLResponse(f"<!doctype html><title>Service</title>{inside}{login_button()}")


async def leave(request: Request) -> Response:
    """Out."""
    request.session.clear()
    return RedirectResponse("/", 303)


@dataclass(slots=True)
class Building:
    """A service while it is put together: what a wrong one changes."""

    ready: ReadyPartner
    pages: Pages
    leave: Callable[[Request], object] = leave
    limits: SessionClock | None = field(default_factory=SessionClock)  #: of its sessions; None: they never end
    around: Callable[[ASGIApp], ASGIApp] = lambda app: app

    @property
    def party(self) -> RelyingParty:
        """The kit."""
        return self.ready.party

    def app(self) -> ASGIApp:
        """As it is served."""
        clock = [Middleware(SessionClockMiddleware, limits=self.limits)] if self.limits else []
        return self.around(
            Starlette(
                routes=[
                    Route("/", home),
                    Route("/leave", self.leave, methods=["POST"]),
                    *routes(self.party, self.pages),
                ],
                middleware=[Middleware(SessionMiddleware, secret_key="synthetic"), *clock],
            )
        )


Wrong = Callable[[Building], None]
L = TypeVar("L", bound=Login)


def into(kind: type[L], building: Building, **more: object) -> None:
    """Log in by this kind of login."""
    was = building.party._login
    told: dict[str, Any] = {one.name: getattr(was, one.name) for one in fields(Login)} | more
    building.party._login = kind(**told)


def service_of(ready: ReadyPartner, wrong: Wrong = lambda _building: None) -> ASGIApp:
    """The right service, or a wrong one."""
    building = Building(ready, Pages(ready.party))
    wrong(building)
    return building.app()

"""The kit inside Starlette: two routes, and pages that whoever uses it replaces at will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, assert_never

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gpic.nhs.clock import Clock, SystemClock
from gpic.relying_party.errors import LoginRefused
from gpic.relying_party.frameworks import pages
from gpic.relying_party.frameworks.browsers import LONGEST_ASSERTION, LONGEST_HELD, PRIVATE, SEE_OTHER, cookie_name
from gpic.relying_party.outcomes import CannotConnect, Connected, Outcome, ReturnToLogin, TryLater
from gpic.relying_party.party import RelyingParty, fresh_text
from gpic.relying_party.session_clock import SessionClock


class Pages(Protocol):
    """What a person sees when a login has ended. Each may be any response, a redirect too."""

    async def connected(self, request: Request, outcome: Connected) -> Response:
        """The session is open: keep it for this browser, and go on."""
        ...

    async def going_back(self, request: Request, outcome: ReturnToLogin) -> Response:
        """On to NHS login once more; `straight_back` does it without a word."""
        ...

    async def try_later(self, request: Request, outcome: TryLater) -> Response:
        """Somebody does not answer."""
        ...

    async def cannot_connect(self, request: Request, outcome: CannotConnect) -> Response:
        """The person must be told why."""
        ...


class PlainPages:
    """Pages to begin with. Derive from it, and replace what your service says better; `connected` at least."""

    login = "/login"  #: where the button leads

    async def connected(self, request: Request, outcome: Connected) -> Response:  # noqa: ARG002 - the signature is the port's
        """They are."""
        return self.shown(pages.connected())

    async def going_back(self, request: Request, outcome: ReturnToLogin) -> Response:
        """At once."""
        return await straight_back(request, outcome)

    async def try_later(self, request: Request, outcome: TryLater) -> Response:  # noqa: ARG002 - the signature is the port's
        """Somebody does not answer."""
        return self.shown(pages.try_later(outcome))

    async def cannot_connect(self, request: Request, outcome: CannotConnect) -> Response:  # noqa: ARG002 - the signature is the port's
        """Why."""
        return self.shown(pages.cannot_connect(outcome))

    def shown(self, told: pages.Told) -> Response:
        """One page."""
        return HTMLResponse(told.page(self.login), told.status)


async def straight_back(request: Request, outcome: ReturnToLogin) -> Response:  # noqa: ARG001 - the signature is the port's
    """Redirect at once."""
    return RedirectResponse(outcome.url, SEE_OTHER, PRIVATE)


@dataclass(frozen=True, slots=True)
class Doors:
    """The two requests of a login. A browser is known by a random text in a cookie, made at the first login."""

    party: RelyingParty
    pages: Pages

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return cookie_name(self.party.settings, "login")

    async def login(self, request: Request) -> Response:
        """A person wants to log in; `asserted_login_identity` in the query is passed on (R14)."""
        browser = self._held(request) or fresh_text()
        asserted = request.query_params.get("asserted_login_identity", "")
        try:
            started = await self.party.start(browser, asserted_identity=asserted[:LONGEST_ASSERTION])
        except LoginRefused:
            return private(await self.pages.try_later(request, TryLater(self.party.settings.try_later)))
        response = RedirectResponse(started.url, SEE_OTHER, PRIVATE)
        response.set_cookie(self.cookie, browser, path="/", httponly=True, samesite="lax", secure=self.party.settings.is_secure)
        return response

    async def callback(self, request: Request) -> Response:
        """NHS login sends the browser back."""
        outcome = await self.party.finish(self._held(request), request.query_params.multi_items())
        return private(await self._page(request, outcome))

    async def _page(self, request: Request, outcome: Outcome) -> Response:
        match outcome:
            case Connected():
                return await self.pages.connected(request, outcome)
            case ReturnToLogin():
                return await self.pages.going_back(request, outcome)
            case TryLater():
                return await self.pages.try_later(request, outcome)
            case CannotConnect():
                return await self.pages.cannot_connect(request, outcome)
            case _:
                assert_never(outcome)

    def _held(self, request: Request) -> str:
        return request.cookies.get(self.cookie, "")[:LONGEST_HELD]


def private(response: Response) -> Response:
    """Nobody keeps this page, and no link on it tells where it was."""
    for name, value in PRIVATE.items():
        response.headers[name] = value
    return response


def routes(party: RelyingParty, pages: Pages, *, login: str = "/login") -> list[Route]:
    """The login at *login*, the callback where the redirect URI says."""
    doors = Doors(party, pages)
    return [
        Route(login, doors.login, methods=["GET", "POST"], name="login"),
        Route(party.settings.callback_path, doors.callback, methods=["GET"], name="callback"),
    ]


class SessionClockMiddleware:
    """Inside `SessionMiddleware`: a session that is over is cleared, and the person goes to the login by themselves (R16).

    `SessionClock().begin(request.session, connected, now)` starts one; sessions in which nobody is connected are left alone.
    """

    def __init__(
        self, app: ASGIApp, *, login: str = "/login", limits: SessionClock | None = None, clock: Clock | None = None
    ) -> None:
        self._app = app
        self._login = login
        self._limits = limits or SessionClock()
        self._clock = clock or SystemClock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the session before anybody else does."""
        if scope["type"] == "http" and self._limits.use(HTTPConnection(scope).session, self._clock.now()) is False:
            await RedirectResponse(self._login, SEE_OTHER, PRIVATE)(scope, receive, send)
            return
        await self._app(scope, receive, send)

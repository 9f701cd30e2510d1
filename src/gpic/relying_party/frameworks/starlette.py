"""The kit inside Starlette: two routes, and pages that whoever uses it replaces at will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, assert_never

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from gpic.relying_party.errors import LoginRefused
from gpic.relying_party.outcomes import CannotConnect, Connected, Outcome, ReturnToLogin, TryLater
from gpic.relying_party.party import RelyingParty, fresh_text
from gpic.relying_party.policy import RelyingPartySettings

SEE_OTHER: Final = 303
LONGEST_HELD: Final = 128  #: characters of a browser's cookie that we look at
LONGEST_ASSERTION: Final = 4_096
#: What goes on in a login is nobody else's to keep or to learn from a Referer header.
PRIVATE: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


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


async def straight_back(request: Request, outcome: ReturnToLogin) -> Response:  # noqa: ARG001 - the signature is the port's
    """Redirect at once."""
    return RedirectResponse(outcome.url, SEE_OTHER, PRIVATE)


def cookie_name(settings: RelyingPartySettings, role: str) -> str:
    """`__Host-` under https; on loopback http a plain name with role and port, since cookies ignore ports."""
    return f"__Host-gpic-{role}" if settings.is_secure else f"gpic-partner-{settings.port}-{role}"


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

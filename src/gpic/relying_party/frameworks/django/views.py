"""Login and callback as Django views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, assert_never

from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods

from gpic.relying_party.errors import LoginRefused
from gpic.relying_party.frameworks import pages
from gpic.relying_party.frameworks.browsers import LONGEST_ASSERTION, LONGEST_HELD, PRIVATE, SEE_OTHER, cookie_name
from gpic.relying_party.outcomes import CannotConnect, Connected, Outcome, ReturnToLogin, TryLater
from gpic.relying_party.party import fresh_text
from gpic.relying_party.synchronous import SynchronousParty


class Pages(Protocol):
    """What a person sees when a login has ended. Each may be any response, a redirect too."""

    def connected(self, request: HttpRequest, outcome: Connected) -> HttpResponse:
        """The session is open: keep it for this browser, and go on."""
        ...

    def going_back(self, request: HttpRequest, outcome: ReturnToLogin) -> HttpResponse:
        """On to NHS login once more; `straight_back` does it without a word."""
        ...

    def try_later(self, request: HttpRequest, outcome: TryLater) -> HttpResponse:
        """Somebody does not answer."""
        ...

    def cannot_connect(self, request: HttpRequest, outcome: CannotConnect) -> HttpResponse:
        """The person must be told why."""
        ...


class SeeOther(HttpResponseRedirect):
    """A redirect that is followed by GET."""

    status_code = SEE_OTHER


def straight_back(request: HttpRequest, outcome: ReturnToLogin) -> HttpResponse:  # noqa: ARG001 - the signature is the port's
    """Redirect at once."""
    return private(SeeOther(outcome.url))


class PlainPages:
    """Pages to begin with. Derive from it, and replace what your service says better; `connected` at least."""

    login = "/login"  #: where the button leads

    def connected(self, request: HttpRequest, outcome: Connected) -> HttpResponse:  # noqa: ARG002 - the signature is the port's
        """They are."""
        return self.shown(pages.connected())

    def going_back(self, request: HttpRequest, outcome: ReturnToLogin) -> HttpResponse:
        """At once."""
        return straight_back(request, outcome)

    def try_later(self, request: HttpRequest, outcome: TryLater) -> HttpResponse:  # noqa: ARG002 - the signature is the port's
        """Somebody does not answer."""
        return self.shown(pages.try_later(outcome))

    def cannot_connect(self, request: HttpRequest, outcome: CannotConnect) -> HttpResponse:  # noqa: ARG002 - the signature is the port's
        """Why."""
        return self.shown(pages.cannot_connect(outcome))

    def shown(self, told: pages.Told) -> HttpResponse:
        """One page."""
        return HttpResponse(told.page(self.login), status=told.status)


@dataclass(frozen=True, slots=True)
class Doors:
    """The two requests of a login. A browser is known by a random text in a cookie, made at the first login."""

    party: SynchronousParty
    pages: Pages

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return cookie_name(self.party.settings, "login")

    def login(self, request: HttpRequest) -> HttpResponse:
        """A person wants to log in; `asserted_login_identity` in the query is passed on (R14)."""
        browser = self._held(request) or fresh_text()
        asserted = request.GET.get("asserted_login_identity", "")
        try:
            started = self.party.start(browser, asserted_identity=asserted[:LONGEST_ASSERTION])
        except LoginRefused:
            return private(self.pages.try_later(request, TryLater(self.party.settings.try_later)))
        response = private(SeeOther(started.url))
        secure = self.party.settings.is_secure
        response.set_cookie(self.cookie, browser, path="/", httponly=True, samesite="Lax", secure=secure)
        return response

    def callback(self, request: HttpRequest) -> HttpResponse:
        """NHS login sends the browser back."""
        pairs = [(name, value) for name, values in request.GET.lists() for value in values]
        return private(self._page(request, self.party.finish(self._held(request), pairs)))

    def _page(self, request: HttpRequest, outcome: Outcome) -> HttpResponse:
        match outcome:
            case Connected():
                return self.pages.connected(request, outcome)
            case ReturnToLogin():
                return self.pages.going_back(request, outcome)
            case TryLater():
                return self.pages.try_later(request, outcome)
            case CannotConnect():
                return self.pages.cannot_connect(request, outcome)
            case _:
                assert_never(outcome)

    def _held(self, request: HttpRequest) -> str:
        return request.COOKIES.get(self.cookie, "")[:LONGEST_HELD]


def private(response: HttpResponse) -> HttpResponse:
    """Nobody keeps this page, and no link on it tells where it was."""
    for name, value in PRIVATE.items():
        response[name] = value
    return response


def urlpatterns(party: SynchronousParty, pages: Pages, *, login: str = "login") -> list[URLPattern]:
    """The login at *login*, the callback where the redirect URI says. Neither runs inside a request's transaction (R2)."""
    doors = Doors(party, pages)
    to_login = require_http_methods(["GET", "POST"])(doors.login)
    from_login = require_http_methods(["GET"])(doors.callback)
    return [
        path(login, non_atomic_requests(to_login), name="gpic-login"),
        path(party.settings.callback_path.lstrip("/"), non_atomic_requests(from_login), name="gpic-callback"),
    ]

"""The sample partner "Riverside Health": an invented service of synthetic people that uses the partner kit as anybody would."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import jinja2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.organisations import OdsCode
from gpic.relying_party.frameworks.browsers import SEE_OTHER, cookie_name
from gpic.relying_party.frameworks.starlette import private, routes, straight_back
from gpic.relying_party.outcomes import CannotConnect, Connected, ReturnToLogin, TryLater
from gpic.relying_party.party import RelyingParty
from gpic.relying_party.session_clock import SessionClock
from gpic.relying_party.words import EXPLAINED, LATER, in_words, sentences_for
from gpic.web.environment import ASSETS, environment

NAME: Final = "Riverside Health"
TEMPLATES: Final = Path(__file__).parent / "templates"
SYSTEMS: Final[Mapping[str, str]] = MappingProxyType({"emis": "EMIS", "tpp": "TPP", "medicus": "Medicus"})
MOST_VISITS: Final = 10_000  #: a sample that runs for weeks does not fill the memory


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is connected. Times are of the wire clock."""

    connected: Connected
    signed_in_at: datetime
    last_used_at: datetime


@dataclass(slots=True)
class Visits:
    """The service's own sessions, in memory (R16)."""

    clock: Clock
    limits: SessionClock = field(default_factory=SessionClock)
    _visits: dict[str, Visit] = field(default_factory=dict)

    def begin(self, connected: Connected) -> str:
        """A new session under a new id, so that nobody can have planted it."""
        now, visit = self.clock.now(), secrets.token_urlsafe(32)
        while len(self._visits) >= MOST_VISITS:
            self._visits.pop(next(iter(self._visits)))
        self._visits[visit] = Visit(connected, connected.signed_in_at or now, now)
        return visit

    def use(self, visit: str) -> Connected | None:
        """Who is connected, if their time is not over."""
        found, now = self._visits.get(visit), self.clock.now()
        if found is None or self.limits.is_over(found.signed_in_at, found.last_used_at, now):
            self._visits.pop(visit, None)
            return None
        self._visits[visit] = replace(found, last_used_at=now)
        return found.connected

    def end(self, visit: str) -> Connected | None:
        """Who was connected."""
        found = self._visits.pop(visit, None)
        return found.connected if found is not None else None


@dataclass(frozen=True, slots=True)
class Riverside:
    """The service's pages: its own, and those that a login ends with."""

    party: RelyingParty
    name_of: Callable[[OdsCode], str]
    visits: Visits
    templates: jinja2.Environment

    @property
    def cookie(self) -> str:
        """The cookie that holds a visit."""
        return cookie_name(self.party.settings, "visit")

    async def start(self, request: Request) -> Response:
        """The page with the button; who is connected already goes on."""
        if self.visits.use(request.cookies.get(self.cookie, "")) is not None:
            return private(RedirectResponse("/connected", SEE_OTHER))
        return self._page("start")

    async def here(self, request: Request) -> Response:
        """What a connected person sees; others start anew."""
        connected = self.visits.use(request.cookies.get(self.cookie, ""))
        if connected is None:
            return private(RedirectResponse("/", SEE_OTHER))
        system = SYSTEMS.get(connected.supplier, connected.supplier.upper())
        return self._page("connected", practice=self.name_of(connected.practice), system=system)

    async def leave(self, request: Request) -> Response:
        """Log out, here and at the GP system."""
        connected = self.visits.end(request.cookies.get(self.cookie, ""))
        if connected is not None:
            await self.party.end(connected)
        response = private(RedirectResponse("/", SEE_OTHER))
        response.delete_cookie(self.cookie, path="/", httponly=True, samesite="lax", secure=self.party.settings.is_secure)
        return response

    async def connected(self, request: Request, outcome: Connected) -> Response:
        """Keep the session and show its page under an address that can be opened again."""
        self.visits.end(request.cookies.get(self.cookie, ""))
        visit = self.visits.begin(outcome)
        response = RedirectResponse("/connected", SEE_OTHER)
        response.set_cookie(self.cookie, visit, path="/", httponly=True, samesite="lax", secure=self.party.settings.is_secure)
        return response

    async def going_back(self, request: Request, outcome: ReturnToLogin) -> Response:
        """NHS login asks what is to be asked; nothing is shown in between."""
        return await straight_back(request, outcome)

    async def try_later(self, request: Request, outcome: TryLater) -> Response:  # noqa: ARG002 - the signature is the port's
        """Somebody does not answer."""
        return self._page(
            "told",
            id="try-later",
            reason="unreachable",
            heading="Try again later",
            sentences=(LATER,),
            practice=self._practice(outcome.practice),
            when=in_words(outcome.after),
        )

    async def cannot_connect(self, request: Request, outcome: CannotConnect) -> Response:  # noqa: ARG002 - the signature is the port's
        """Why, and what can be done. The button stays: the guard never stops a person who presses it (R9)."""
        return self._page(
            "told",
            id="cannot-connect",
            reason=outcome.reason.value,
            heading=EXPLAINED[outcome.reason].heading,
            sentences=sentences_for(outcome.reason, outcome.refusal),
            practice=self._practice(outcome.practice),
            when=in_words(outcome.try_again_after),
        )

    def _practice(self, practice: OdsCode | None) -> str:
        return self.name_of(practice) if practice is not None else ""

    def _page(self, template: str, **words: object) -> Response:
        nonce = secrets.token_urlsafe(16)
        html = self.templates.get_template(f"partner/{template}.jinja").render(name=NAME, cspNonce=nonce, **words)
        response = private(HTMLResponse(html))
        response.headers["content-security-policy"] = content_policy(nonce, self.party.settings.issuer)
        response.headers["x-content-type-options"] = "nosniff"
        response.headers["x-frame-options"] = "DENY"
        return response


def content_policy(nonce: str, issuer: str) -> str:
    """Only our own assets; the button's form leads to NHS login, and browsers apply form-action to that redirect too."""
    return (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
        f"script-src 'self' 'nonce-{nonce}'; form-action 'self' {issuer}"
    )


def partner_app(party: RelyingParty, name_of: Callable[[OdsCode], str], *, clock: Clock | None = None) -> Starlette:
    """The sample service as an application; *name_of* tells a practice's name, *clock* the wire's time."""
    pages = Riverside(party, name_of, Visits(clock or SystemClock()), environment(TEMPLATES))
    return Starlette(
        routes=[
            Route("/", pages.start, methods=["GET"]),
            Route("/connected", pages.here, methods=["GET"]),
            Route("/leave", pages.leave, methods=["POST"]),
            *routes(party, pages),
            Mount("/assets", StaticFiles(directory=ASSETS, check_dir=False)),
        ]
    )

"""R16: when a partner's own session ends, and the middleware that ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gpic.nhs.answers import GpSession
from gpic.nhs.clock import MovableClock
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.relying_party.frameworks.starlette import SessionClockMiddleware
from gpic.relying_party.outcomes import Connected
from gpic.relying_party.right_patient import Person
from gpic.relying_party.session_clock import LAST_USED_AT, SIGNED_IN_AT, SessionClock

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLOCK = SessionClock()


def connected(signed_in_at: datetime | None = NOW) -> Connected:
    """Somebody who is."""
    return Connected(GpSession("emis", Secret("session")), OdsCode("A12345"), Person("mary"), signed_in_at, "jti")


def begun(signed_in_at: datetime | None = NOW) -> dict[str, object]:
    """A session that began now."""
    session: dict[str, object] = {"planted": "before"}
    CLOCK.begin(session, connected(signed_in_at), NOW)
    return session


def test_a_session_begins_with_nothing_else_in_it() -> None:
    """Whoever planted something into the browser's session before does not find it again."""
    assert {SIGNED_IN_AT: int(NOW.timestamp()), LAST_USED_AT: int(NOW.timestamp())} == begun()


def test_the_original_sign_in_counts() -> None:
    """Single sign-on does not make it younger."""
    session = begun(NOW - timedelta(hours=11, minutes=50))

    assert True is CLOCK.use(session, NOW + timedelta(minutes=9))
    assert False is CLOCK.use(session, NOW + timedelta(minutes=10))


@pytest.mark.parametrize(("idle", "goes_on"), [(29 * 60 + 59, True), (30 * 60, False)])
def test_half_an_hour_without_use_ends_it(idle: int, *, goes_on: bool) -> None:
    """To the second."""
    session = begun()

    assert goes_on is CLOCK.use(session, NOW + timedelta(seconds=idle))
    assert goes_on is bool(session)


def test_use_keeps_it_going_until_twelve_hours_are_over() -> None:
    """However busy somebody is."""
    session = begun()
    uses = [CLOCK.use(session, NOW + timedelta(minutes=29) * number) for number in range(1, 26)]

    assert [True] * 24 + [False] == uses


@pytest.mark.parametrize("session", [{}, {"theirs": 1}, {SIGNED_IN_AT: "x", LAST_USED_AT: 1}, {SIGNED_IN_AT: 1}])
def test_sessions_in_which_nobody_is_connected_are_left_alone(session: dict[str, object]) -> None:
    """They are somebody else's business."""
    before = dict(session)

    assert None is CLOCK.use(session, NOW)
    assert before == session


class OneSession:
    """A session middleware with one browser."""

    def __init__(self, app: ASGIApp, session: dict[str, object]) -> None:
        self.app, self.session = app, session

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put the session where Starlette looks for it."""
        scope["session"] = self.session
        await self.app(scope, receive, send)


@pytest.mark.anyio
async def test_the_middleware_takes_people_to_the_login_by_itself() -> None:
    """When the time is over, and not before; the page itself is not run."""
    clock, session = MovableClock(NOW), begun()

    async def page(request: Request) -> Response:
        return PlainTextResponse("page")

    middleware = [Middleware(OneSession, session=session), Middleware(SessionClockMiddleware, login="/in", clock=clock)]
    app = Starlette(routes=[Route("/", page)], middleware=middleware)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="https://riverside.example") as client:
        before = await client.get("/")
        clock.move(timedelta(minutes=30))
        over = await client.get("/")
        after = await client.get("/")

    assert "page" == before.text == after.text
    assert (303, "/in", "no-store") == (over.status_code, over.headers["location"], over.headers["cache-control"])

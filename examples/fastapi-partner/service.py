"""A partner service on FastAPI that connects patients to their GP surgery.

Beside it lie `my-service.toml`, which is always so, and `my-service.sandbox.toml`, which `gpic sandbox --for` writes.
"""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware

from gpic.nhs.clock import SystemClock
from gpic.relying_party import Connected, SessionClock
from gpic.relying_party.frameworks.pages import login_button
from gpic.relying_party.frameworks.starlette import PlainPages, SessionClockMiddleware, routes
from gpic.wiring.partner_file import partner_from

HERE = Path(__file__).parent
service = partner_from(HERE / "my-service.toml", HERE / "my-service.sandbox.toml")
sessions = SessionClock()
SIGN_OUT = '<form action="/leave" method="post"><button id="sign-out">Sign out</button></form>'


class Pages(PlainPages):
    """What a person sees when a login has ended; what is not said here is said by the kit."""

    async def connected(self, request: Request, outcome: Connected) -> Response:
        """Keep who it is for this browser, and go on."""
        sessions.begin(request.session, outcome, SystemClock().now())
        request.session["practice"] = service.directory.name_of(outcome.practice)
        await service.party.end(outcome)  # this example does nothing in the session
        return RedirectResponse("/", 303)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    """Close what was opened."""
    yield
    await service.close()


app = FastAPI(
    lifespan=lifespan,
    routes=list(routes(service.party, Pages())),
    middleware=[
        Middleware(SessionMiddleware, secret_key=secrets.token_urlsafe(32), https_only=service.party.settings.is_secure),
        Middleware(SessionClockMiddleware),
    ],
)


@app.get("/")
async def home(request: Request) -> Response:
    """Who is connected sees their practice, everybody the button."""
    practice = request.session.get("practice")
    heading = f"Connected to {practice}" if practice else "Welcome"
    buttons = login_button() + (SIGN_OUT if practice else "")
    return HTMLResponse(f"<!doctype html><title>{escape(heading)}</title><h1>{escape(heading)}</h1>{buttons}")


@app.post("/leave")
async def leave(request: Request) -> Response:
    """Sign out: the session is ours alone, NHS login has none for partners."""
    request.session.clear()
    return RedirectResponse("/", 303)

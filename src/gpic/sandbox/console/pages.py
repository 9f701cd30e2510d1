"""The console as it is served: a page without anything in it, its scripts, its styles. Whatever it shows comes by the API."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from gpic.web.environment import ASSETS, environment

HERE: Final = Path(__file__).parent
#: Our own files alone: no inline script or style, no form that leads away, nobody's frame.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)


def console_pages() -> tuple[BaseRoute, ...]:
    """Routes for the control door. They need no token: nothing of the sandbox is in them."""
    return (
        Route("/", _page, methods=["GET"]),
        Mount("/console", StaticFiles(directory=HERE / "static")),
        Mount("/assets", StaticFiles(directory=ASSETS, check_dir=False)),
    )


def link(address: str, token: str) -> str:
    """What opens the console. A browser keeps what stands behind # to itself, so the token is in no request and in no log."""
    return f"{address}/#token={token}"


async def _page(_: Request) -> Response:
    html = environment(HERE / "templates").get_template("console.jinja").render()
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})

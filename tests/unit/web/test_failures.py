"""What is shown when nothing else can be."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gpic.web.failures import failures
from gpic.web.rendering import Rendering
from tests.unit.web.conftest import seen

pytestmark = pytest.mark.anyio


async def breaks(request: Request) -> Response:
    """A bug."""
    raise RuntimeError("a linkage key, say")


async def refuses(request: Request) -> Response:
    """A refusal of the framework's."""
    raise HTTPException(400, "the framework's own words", headers={"X-Kept": "yes"})


@pytest.fixture
async def client(anyio_backend: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser at an application that has the failures of ours."""
    app = Starlette(
        routes=[Route("/breaks", breaks), Route("/refuses", refuses)], exception_handlers=failures(Rendering(is_secure=True))
    )
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="https://auth.example") as browser:
        yield browser


@pytest.mark.parametrize(
    ("method", "path", "status", "heading"),
    [
        ("GET", "/nowhere", 404, "Page not found"),
        ("POST", "/breaks", 405, "This page cannot be used in that way"),
        ("GET", "/breaks", 500, "Sorry, there is a problem"),
        ("GET", "/refuses", 400, "Sorry, there is a problem"),
    ],
)
async def test_a_failure_has_a_page(client: httpx2.AsyncClient, method: str, path: str, status: int, heading: str) -> None:
    """Each with its heading, the banner and the headers of every page; the framework's words and the bug's stay inside."""
    answer = await client.request(method, path)

    shown = seen(answer)
    assert status == answer.status_code
    assert heading == shown.document.findtext(".//h1")
    assert "This is a simulator of NHS login for testing." in shown.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "no-store" == answer.headers["cache-control"]
    assert "linkage" not in answer.text
    assert "framework" not in answer.text


async def test_a_failure_keeps_the_headers_that_belong_to_it(client: httpx2.AsyncClient) -> None:
    """405 says what is allowed."""
    assert "GET" in (await client.post("/breaks")).headers["allow"]
    assert "yes" == (await client.get("/refuses")).headers["x-kept"]


async def test_a_bug_still_reaches_whoever_runs_the_server() -> None:
    """Bugs crash: the page is shown, and the exception goes on to the log."""
    app = Starlette(routes=[Route("/breaks", breaks)], exception_handlers=failures(Rendering(is_secure=True)))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://auth.example") as browser:
        with pytest.raises(RuntimeError):
            await browser.get("/breaks")

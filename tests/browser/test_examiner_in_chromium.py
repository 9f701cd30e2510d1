"""`gpic examine --browser`: a service whose pages need scripts, seen through Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gpic.examiner import chromium as windows
from gpic.examiner.examination import chosen, examined
from gpic.examiner.looks import Looks
from gpic.examiner.verdicts import Verdict
from tests.journeys.examined_service import service_of
from tests.journeys.test_examiner import Bench
from tests.journeys.wrong_by_attacks import leads_on

pytestmark = pytest.mark.long

#: A button that is not there before a script has made it.
SCRIPTED = """<!doctype html><title>Service</title><h1>Welcome</h1><script>
setTimeout(() => { const made = document.createElement('button'); made.id = 'scripted'; made.textContent = 'Continue';
made.onclick = () => { location.href = '/login' + location.search }; document.body.append(made) }, 50)</script>"""


def with_scripts(app: ASGIApp) -> ASGIApp:
    """The service, with another page at the start."""

    async def page(_request: Request) -> HTMLResponse:
        return HTMLResponse(SCRIPTED)

    start = Route("/start", page)

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        await (start.app if scope.get("path") == "/start" else app)(scope, receive, send)

    return around


def test_a_service_that_needs_scripts_is_examined_through_chromium(chromium: str, tmp_path: Path) -> None:
    """Two logins, a refused consent, addresses that lead elsewhere; and what is wrong is found there, too."""
    bench = Bench(tmp_path)
    looks = Looks(f"{bench.looks.start}start", "scripted", inside=bench.looks.inside)
    ready, wrong = bench.opened(), bench.opened()
    try:
        opening = bench.server.keep(windows.chromium())
        bench.stall.app = with_scripts(service_of(ready))
        right = list(examined(bench.server, "My service", looks, chosen(["R3", "consent", "open redirect"]), opening=opening))
        bench.stall.app = service_of(wrong, leads_on)
        [found] = examined(bench.server, "My service", bench.looks, chosen(["open redirect"]), opening=opening)
    finally:
        bench.server.run(ready.close())
        bench.server.run(wrong.close())
        bench.server.close()

    unlike = [(one.check.id, one.verdict, one.expected, one.saw) for one in right if one.verdict is not Verdict.PASSED]
    assert ([], 3) == (unlike, len(right))
    assert (Verdict.FAILED, "nobody to be led to a foreign address") == (found.verdict, found.expected)


def test_without_scripts_the_same_service_shows_nothing_to_press(tmp_path: Path) -> None:
    """What `--browser` is for: HTTP alone finds no button."""
    bench = Bench(tmp_path)
    ready = bench.opened()
    bench.stall.app = with_scripts(service_of(ready))
    try:
        looks = Looks(f"{bench.looks.start}start", "scripted", inside=bench.looks.inside)
        [found] = examined(bench.server, "My service", looks, chosen(["R1"]))
    finally:
        bench.server.run(ready.close())
        bench.server.close()

    assert (Verdict.FAILED, True) == (found.verdict, "no element 'scripted'" in found.saw)

"""Attack 2: a parameter of the attacker's that says where the person goes after signing in.

Without this in `src/gpic/provider/authorize/checks.py`:
    - redirect_uri=request.redirect_uri,
    + redirect_uri=request.get("return_to") or request.redirect_uri,
"""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from lxml import html

from gpic.sandbox.walk import answer_pages
from tests.attacks.conftest import Scene

pytestmark = pytest.mark.anyio

PLACES = ("return_to", "next", "continue", "redirect", "RelayState", "target_link_uri", "post_logout_redirect_uri", "callback")


async def test_no_parameter_chooses_where_somebody_goes(scene: Scene) -> None:
    """All of them at once, at the start and in every form: the way ends at the registered address."""
    evil = [(name, "http://localhost:1/evil") for name in PLACES]
    answer = await scene.op.send([*scene.op.request(), *evil])

    assert answer.code
    assert scene.op.redirect_uri == answer.page.url.split("?")[0]
    assert not any("evil" in address.split("?")[0] for address in answer.page.way)
    assert [] == [event for event, _, _ in await scene.trail() if event == "released"]


async def test_neither_a_page_nor_its_form_takes_a_target(scene: Scene) -> None:
    """The pages go on by the interaction that lies with the server, whatever the browser sends beside."""
    op = scene.op
    page = await op.browser.open(f"{op.issuer}/authorize?{urlencode(op.request())}")
    page = await op.browser.open(f"{page.url}?return_to=http://localhost:1/evil&next=http://localhost:1/evil")
    who = op.stage.people["ada"]
    form = page.form_with("password")
    for name in PLACES:
        form.append(html.fragment_fromstring(f'<input type="hidden" name="{name}" value="http://localhost:1/evil">'))
    page = await op.browser.fill_in(page, email=who.email, password=who.password, action="continue")
    page = await answer_pages(op.browser, page, who)

    assert op.redirect_uri == page.url.split("?")[0]


async def test_there_is_nothing_that_only_redirects(scene: Scene) -> None:
    """No address of ours takes an address and leads there."""
    paths = ("/logout", "/redirect", "/goto", "/login", "//evil.example", "/%2f%2fevil.example", "/authorize/unknown")
    answers = [await scene.op.http.get(f"{scene.op.issuer}{path}?next=https://evil.example") for path in paths]

    assert [None] * len(paths) == [answer.headers.get("location") for answer in answers]
    assert {404, 410} >= {answer.status_code for answer in answers}

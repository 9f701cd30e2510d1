"""Attack 6: somebody is signed in as the attacker, or in a session that the attacker knows.

Without this in `src/gpic/web/pages.py`:
    - if not self.desk.tokens.fits(text(form, "form_token"), visit.interaction.id, visit.browser):
    + if False:
Without this in `src/gpic/provider/authorize/flow.py`:
    - id=self.new_text(),
    + id=session_to_end or self.new_text(),
Without this in `src/gpic/provider/authorize/flow.py`:
    - await self.sessions.end(session_to_end)
    + pass
Without this in `src/gpic/provider/cookies.py`:
    - return CookieAttributes(path="/", httponly=True, samesite="lax", secure=self.secure)
    + return CookieAttributes(path="/", httponly=False, samesite="lax", secure=self.secure)
Without this in `src/gpic/provider/authorize/interaction.py`:
    - if not browser or not hmac.compare_digest(interaction.browser, hash_of(browser)):
    + if not browser:
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from urllib.parse import urljoin

import httpx2
import pytest

from gpic.provider.cookies import Cookies
from gpic.provider.policy import ProviderPolicy
from tests.attacks.conftest import Scene
from tests.unit.web.conftest import seen

pytestmark = pytest.mark.anyio


@pytest.fixture
async def other() -> AsyncIterator[httpx2.AsyncClient]:
    """Another person's browser, which follows nothing by itself."""
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        yield client


async def arrived(scene: Scene, client: httpx2.AsyncClient) -> tuple[str, dict[str, str]]:
    """The sign-in page's address and its hidden fields."""
    answer = await client.get(f"{scene.op.issuer}/authorize", params=dict(scene.op.request()))
    page = urljoin(scene.op.issuer, answer.headers["location"])
    form = next(one for one in seen(await client.get(page)).document.forms if "password" in one.fields)
    return page, {name: value for name, value in form.form_values() if value is not None}


def cookie_of(response: httpx2.Response, name: str) -> SimpleCookie:
    """The cookie of this name as it was set."""
    return next(
        found
        for line in response.headers.get_list("set-cookie")
        if name in (found := SimpleCookie(line))  # one a line
    )


@pytest.mark.parametrize("token", ["", "0" * 64, None])
async def test_a_form_that_is_not_ours_signs_nobody_in(scene: Scene, other: httpx2.AsyncClient, token: str | None) -> None:
    """403, one line in the log, and no session."""
    page, hidden = await arrived(scene, other)
    who = scene.op.stage.people["ada"]
    forged = hidden | {"email": who.email, "password": who.password, "action": "continue", "form_token": token or ""}
    if token is None:
        del forged["form_token"]
    answer = await other.post(page, data=forged)

    assert (403, []) == (answer.status_code, answer.headers.get_list("set-cookie"))
    assert scene.log.says("refused", code="form_not_from_here")


async def test_the_page_of_one_browser_is_of_no_use_in_another(scene: Scene, other: httpx2.AsyncClient) -> None:
    """Who sends somebody the link to his own sign-in gets nobody signed in."""
    page, hidden = await arrived(scene, other)
    answer = await scene.op.http.post(page, data=hidden | {"action": "continue"})

    assert 410 == answer.status_code
    assert "the browser has no cookie of ours" in scene.log.details
    await arrived(scene, scene.op.http)
    assert 410 == (await scene.op.http.get(page)).status_code
    assert "it belongs to another browser" in scene.log.details


async def test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in(
    scene: Scene, other: httpx2.AsyncClient
) -> None:
    """A new id at each sign-in, the former session is over, and the cookie is HttpOnly, Lax and for the whole host only."""
    cookies = Cookies.of(scene.op.stage.nhs_login.policy)
    first = await signed_in(scene, other, "planted-by-the-attacker")
    second = await signed_in(scene, other, first, prompt="login")

    assert "planted-by-the-attacker" != first
    assert first != second
    request = scene.op.request(prompt="none")
    old = await scene.op.http.get(
        f"{scene.op.issuer}/authorize", params=dict(request), headers={"cookie": f"{cookies.session}={first}"}
    )
    assert "error=login_required" in old.headers["location"]


async def signed_in(scene: Scene, client: httpx2.AsyncClient, planted: str, **changes: str) -> str:
    """Sign in with this session cookie in the browser; the id of the session that came of it."""
    op, cookies = scene.op, Cookies.of(scene.op.stage.nhs_login.policy)
    client.cookies.set(cookies.session, planted, domain="localhost.local", path="/")
    answer = await client.get(f"{op.issuer}/authorize", params=dict(op.request(**changes)))
    who = op.stage.people["ada"]
    for _ in range(4):
        page = urljoin(op.issuer, answer.headers["location"])
        form = seen(await client.get(page)).document.forms[0]
        hidden = {name: value for name, value in form.form_values() if value is not None}
        given = {"email": who.email, "password": who.password} if "password" in form.fields else {"code": who.code}
        answer = await client.post(page, data=hidden | given | {"action": "continue"})
        if any(cookies.session in line for line in answer.headers.get_list("set-cookie")):
            morsel = cookie_of(answer, cookies.session)[cookies.session]
            assert (True, "lax", "/", "") == (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"])
            return morsel.value
    raise AssertionError("nobody was signed in")


def test_with_https_the_cookies_are_of_this_host_alone() -> None:
    """`__Host-` and Secure; under plain http only a sandbox runs, and role and port stand in the name."""
    live = Cookies.of(ProviderPolicy("https://auth.example"))
    sandbox = Cookies.of(ProviderPolicy("http://localhost:9401"))

    assert ("__Host-gpic-session", "__Host-gpic-browser", True) == (live.session, live.browser, live.attributes["secure"])
    assert "gpic-provider-9401-session" == sandbox.session

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest
from lxml import html

from gpic.nhs.answers import Reason, Refused
from gpic.relying_party.outcomes import Obstacle
from gpic.relying_party.session_clock import SessionClock
from gpic.relying_party.words import EXPLAINED, in_words, sentences_for
from gpic.sandbox.partner_service import partner_app
from tests.unit.relying_party.world import CALLBACK, ISSUER, NOW, OTHER_NUMBER, World, world

pytestmark = pytest.mark.anyio

HOME = "https://riverside.example"


def shown(response: httpx2.Response) -> html.HtmlElement:
    """The page of a response."""
    return html.document_fromstring(response.text)


@dataclass
class Person:
    """Somebody in front of the sample service."""

    there: World
    client: httpx2.AsyncClient

    async def go(self, method: str, url: str) -> httpx2.Response:
        """One request, and every redirect that follows, through NHS login and back."""
        response = await self.client.request(method, url)
        for _ in range(20):
            if response.status_code != 303:
                return response
            target = str(response.headers["location"])
            if target.startswith(ISSUER):
                target = self.there.nhs_login.authorize(target)
            response = await self.client.get(target)
        raise AssertionError("an endless loop")

    async def press_the_button(self) -> html.HtmlElement:
        """From the first page to where it ends."""
        page = shown(await self.go("GET", "/"))
        form = next(page.get_element_by_id("nhs-login").iterancestors("form"))
        return shown(await self.go(form.method, form.action))


@pytest.fixture
async def mary() -> AsyncIterator[Person]:
    """Mary, in front of a fresh service."""
    there = world()
    app = partner_app(there.party, lambda practice: f"Surgery {practice}", clock=there.clock)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=HOME) as client:
        yield Person(there, client)


def heading(page: html.HtmlElement) -> str:
    """The page's first heading."""
    return " ".join(page.xpath("//h1")[0].text_content().split())


async def test_a_login_ends_on_a_page_that_names_the_practice(mary: Person) -> None:
    """R2: button, NHS login, callback, and a page that can be opened again."""
    page = await mary.press_the_button()

    assert "You are connected to Surgery A12345 (EMIS)" == heading(page)
    assert ["connected"] == page.xpath("//h1/@id")
    again = await mary.client.get("/connected")
    assert "Surgery A12345" in again.text
    assert ["link", "session"] == mary.there.surgery.calls


async def test_the_button_is_a_button_without_a_logo(mary: Person) -> None:
    """It works without JavaScript, says what it does, and shows nobody's logo."""
    page = shown(await mary.client.get("/"))

    button = page.get_element_by_id("nhs-login")
    assert ("button", "Continue with NHS login") == (button.tag, button.text_content().strip())
    assert [] == page.xpath("//svg | //img")
    assert "synthetic" in page.get_element_by_id("sample").text_content()
    assert 1 == len(page.xpath("//h1"))
    assert "en" == page.get("lang")


async def test_cookies_and_pages_are_private(mary: Person) -> None:
    """Cookies: __Host-, HttpOnly, Lax, Secure. Pages: no store, no Referer, no frame, no foreign script."""
    response = await mary.client.post("/login")
    page = await mary.client.get("/")

    cookie = response.headers["set-cookie"]
    for attribute in ("__Host-gpic-login=", "HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert attribute in cookie
    for one in (response, page):
        assert ("no-store", "no-referrer") == (one.headers["cache-control"], one.headers["referrer-policy"])
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert f"form-action 'self' {ISSUER}" in policy
    assert "unsafe" not in policy


async def test_on_loopback_cookies_have_role_and_port() -> None:
    """Cookies ignore ports, so their names must not (`attacks-and-interop.md` 6)."""
    there = world(redirect_uri="http://localhost:8123/callback")
    app = partner_app(there.party, str, clock=there.clock)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost:8123") as client:
        cookie = (await client.post("/login")).headers["set-cookie"]

    assert cookie.startswith("gpic-partner-8123-login=")
    assert "Secure" not in cookie


async def test_a_callback_in_another_browser_connects_nobody(mary: Person) -> None:
    """R13: login CSRF fails, since the state is bound to the browser that began."""
    begun = await mary.client.post("/login")
    back = mary.there.nhs_login.authorize(begun.headers["location"])
    mary.client.cookies.clear()

    page = shown(await mary.client.get(back))

    assert ["login-failed"] == page.xpath("//h1/@data-reason")
    assert [] == mary.there.surgery.calls


async def test_automatic_returns_end_on_a_page_with_the_button(mary: Person) -> None:
    """R9: two returns without a click, then the reason, the practice, a time, and the button, which works."""
    mary.there.surgery.linkage_key = "another"

    page = await mary.press_the_button()

    assert 3 == len(mary.there.nhs_login.asked)
    assert (["cannot-connect"], ["details-rejected"]) == (page.xpath("//h1/@id"), page.xpath("//h1/@data-reason"))
    assert "Surgery A12345" == page.get_element_by_id("practice").text_content()
    assert "You can try again in 15 minutes." == page.get_element_by_id("when").text_content()
    mary.there.surgery.linkage_key = "kT4m9XqZ2bLp"
    mary.there.nhs_login.details = None
    assert ["claim-absent"] == (await mary.press_the_button()).xpath("//h1/@data-reason")


async def test_a_silent_surgery_is_no_fault_of_the_account(mary: Person) -> None:
    """R10: later, and nothing else."""
    mary.there.surgery.down = True

    page = await mary.press_the_button()

    assert (["try-later"], "Try again later") == (page.xpath("//h1/@id"), heading(page))


async def test_a_silent_nhs_login_shows_a_page_too(mary: Person) -> None:
    """R10: the button itself does not crash."""
    mary.there.nhs_login.down.add("/.well-known/openid-configuration")

    assert ["try-later"] == (await mary.press_the_button()).xpath("//h1/@id")


async def test_the_surgerys_reason_is_told_in_our_words(mary: Person) -> None:
    """What a patient can do stands on the page."""
    mary.there.surgery.says_to_link = [Refused(Reason.DEMOGRAPHICS_DIFFER)]

    page = await mary.press_the_button()

    assert "Your name or date of birth differ" in page.text_content()


async def test_a_wrong_patient_sees_nothing(mary: Person) -> None:
    """R5: no session is kept, no practice page can be opened."""
    mary.there.surgery.shows = OTHER_NUMBER

    page = await mary.press_the_button()

    assert ["wrong-patient"] == page.xpath("//h1/@data-reason")
    assert ("/", 303) == ((refused := await mary.client.get("/connected")).headers["location"], refused.status_code)


async def test_refused_consent_is_explained_and_leads_back(mary: Person) -> None:
    """`nhs-login.md` §8: the partner explains and offers a way back; foreign text is not echoed."""
    mary.there.nhs_login.error = "access_denied"

    page = await mary.press_the_button()

    assert "You chose not to share your details" == heading(page)
    assert [] == page.xpath("//b")
    assert "button" == page.get_element_by_id("nhs-login").tag


async def test_logging_out_ends_both_sessions(mary: Person) -> None:
    """The visit is over, and the GP system hears of it."""
    page = await mary.press_the_button()
    form = next(page.get_element_by_id("log-out").iterancestors("form"))

    await mary.go(form.method, form.action)

    assert 1 == len(mary.there.surgery.ended)
    assert 303 == (await mary.client.get("/connected")).status_code


async def test_a_connected_person_goes_on_at_once(mary: Person) -> None:
    """Who is connected is not asked to log in."""
    await mary.press_the_button()

    assert "/connected" == (await mary.client.get("/")).headers["location"]


async def test_sessions_end_by_themselves(mary: Person) -> None:
    """R16: 30 minutes without use, and 12 hours in all from the original sign-in."""
    mary.there.nhs_login.signed_in_at = NOW
    await mary.press_the_button()
    statuses = []
    for minutes in (29, 29, 30):
        mary.there.clock.move(timedelta(minutes=minutes))
        statuses.append((await mary.client.get("/connected")).status_code)
    mary.there.clock.move(timedelta(hours=10))
    await mary.press_the_button()
    mary.there.clock.move(timedelta(minutes=29))
    statuses.append((await mary.client.get("/connected")).status_code)
    mary.there.clock.move(timedelta(minutes=3))
    statuses.append((await mary.client.get("/connected")).status_code)

    assert [200, 200, 303, 200, 303] == statuses


@pytest.mark.parametrize(
    ("signed_in", "used", "is_over"),
    [(0, 0, False), (0, 29.99, False), (0, 30, True), (719.9, 0, False), (720, 0, True)],
)
def test_a_session_has_two_limits(signed_in: float, used: float, is_over: bool) -> None:  # noqa: FBT001 - a table
    """R16: minutes since the sign-in and since the last use."""
    clock = SessionClock()

    assert is_over == clock.is_over(NOW - timedelta(minutes=signed_in), NOW - timedelta(minutes=used), NOW)


def test_every_obstacle_is_explained() -> None:
    """R9: no reason without words; the surgery's own reason comes last."""
    assert set(Obstacle) == set(EXPLAINED)
    assert sentences_for(Obstacle.GP_SYSTEM_REFUSES, Reason.LOCKED)[-1].startswith("Your account is locked")
    assert sentences_for(Obstacle.GP_SYSTEM_REFUSES, Reason.MALFORMED) == sentences_for(Obstacle.GP_SYSTEM_REFUSES, None)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (None, ""),
        (timedelta(), ""),
        (timedelta(seconds=-5), ""),
        (timedelta(seconds=1), "in 1 minute"),
        (timedelta(seconds=61), "in 2 minutes"),
        (timedelta(minutes=15), "in 15 minutes"),
    ],
)
def test_times_are_told_in_minutes(after: timedelta | None, words: str) -> None:
    """Rounded up, so that nobody comes too early."""
    assert words == in_words(after)


def test_the_callback_lies_where_the_settings_say() -> None:
    """The redirect URI's path is the callback's route."""
    app = partner_app(world().party, str)

    assert {"/", "/connected", "/leave", "/login", CALLBACK.removeprefix(HOME), "/assets"} == {
        getattr(route, "path", "") for route in app.routes
    }

"""The console and its live diagram, in a real browser: looked at by axe, worked by the keyboard, fast with 500 messages."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from gpic.sandbox.browser import Hint, browser
from gpic.sandbox.console.pages import console_pages, link
from gpic.sandbox.control.app import Control, control
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script
from gpic.sandbox.theatre import Theatre, theatre
from gpic.sandbox.walk import log_in
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

WIDTHS = pytest.mark.parametrize("width", [320, 1280])
VIEWS = ("conversation", "people", "people/ada", "practices", "practices/A99901", "faults", "outbox", "assumptions", "sandbox")


@dataclass(frozen=True, slots=True)
class Console:
    """A sandbox whose console is open to whoever has its link."""

    theatre: Theatre
    control: Control

    @property
    def link(self) -> str:
        """What a sandbox prints when it starts."""
        return link(self.control.address, self.control.token)

    async def log_in(self, slug: str) -> None:
        """Somebody's whole login at the sample partner, and what it leaves to do."""
        stage = self.theatre.stage
        async with browser(stage.ways, Hint(stage.addresses.provider, slug)) as person:
            await log_in(person, stage.addresses.partner, stage.people[slug])
        await stage.settled()

    async def linkage_key(self, slug: str) -> str:
        """What NHS login holds of somebody."""
        stage = self.theatre.stage
        cabinets = stage.nhs_login.cabinets
        found = await cabinets.accounts.by_email(stage.people[slug].email)
        assert found is not None
        holding = await cabinets.holdings.load(found[0].person)
        assert holding.details is not None
        return holding.details.linkage_key.reveal()

    async def visited(self, window: Browser, width: int = 1280) -> Visitor:
        """Somebody who opens the link."""
        visitor = Visitor(await window.new_page(viewport={"width": width, "height": 900}), width)
        await visitor.page.goto(self.link)
        await expect(visitor.page.locator("#line")).to_have_text("Live")
        return visitor


@pytest.fixture
async def console(anyio_backend: str) -> AsyncIterator[Console]:
    """All roles, scripted sign-in, and the control door with the console's pages."""
    script = Script(keys=SandboxKeys(), scripted_sign_in=True, control=True)
    async with theatre(script=script) as played, control(played, "a-token", console_pages()) as opened:
        yield Console(played, opened)


async def go(page: Page, view: str) -> None:
    """To a view, as a link does."""
    await page.evaluate("view => { location.hash = view }", view)
    await expect(page.locator("#view h1")).to_be_visible()
    await page.wait_for_timeout(150)


def line(page: Page, words: str) -> Locator:
    """A message of the diagram."""
    return page.locator(".message", has_text=re.compile(words))


@WIDTHS
async def test_every_view_can_be_used_by_everybody(console: Console, window: Browser, width: int) -> None:
    """Axe finds nothing, nothing is wider than the window, nothing but loopback is asked, and it says what it is."""
    await console.log_in("ada")
    visitor = await console.visited(window, width)
    for view in VIEWS:
        await go(visitor.page, view)
        await expect(visitor.page.locator("#simulator-banner")).to_contain_text("This is not NHS login")
        await visitor.look(f"50-console-{view.replace('/', '-')}")

    assert [] == visitor.violations
    assert [] == visitor.complaints
    assert {"localhost"} == {urlsplit(url).hostname for url in visitor.requested if not url.startswith(("data:", "blob:"))}
    assert not [url for url in visitor.requested if "a-token" in url.partition("#")[0]]


async def test_without_the_link_nothing_is_shown(console: Console, window: Browser) -> None:
    """The token is what opens it; a wrong one opens as little as none."""
    page = await window.new_page()
    for address in (console.control.address, link(console.control.address, "wrong")):
        await page.goto("about:blank")
        await page.goto(address)
        await expect(page.get_by_role("heading", name="Open the console by its link")).to_be_visible()
        await expect(page.locator("#console")).to_be_hidden()


async def test_a_login_is_drawn_as_it_happens(console: Console, window: Browser) -> None:
    """J1: without a reload, in lanes from the person to the GP system; one diagram a login."""
    visitor = await console.visited(window)
    page = visitor.page
    await console.log_in("ben")

    await expect(page.locator("#login option:checked")).to_contain_text("ben at Riverside Health")
    await expect(line(page, "POST /token → 200")).to_be_visible()
    await expect(line(page, "POST users/nhs → 201")).to_be_visible()
    assert ["Person", "Partner", "NHS login", "PDS", "EMIS"] == await page.locator(".lane-name").all_inner_texts()
    await visitor.look("51-diagram")

    await console.log_in("cleo")
    await expect(page.locator("#login option:checked")).to_contain_text("cleo")
    assert "TPP" in await page.locator(".lane-name").all_inner_texts()
    assert [] == visitor.violations


async def test_a_message_opens_and_shows_secrets_only_when_asked(console: Console, window: Browser) -> None:
    """What went over the wire, its rules and what they mean; the linkage key is masked until somebody presses."""
    await console.log_in("ada")
    visitor = await console.visited(window)
    page = visitor.page
    told = page.locator(".message", has_text="GET /userinfo")
    await told.locator(".line").click()
    opened = told.locator(".opened")
    await expect(opened).to_contain_text("N4")
    answer = opened.get_by_role("group", name=re.compile("Answer to message"))
    key = await console.linkage_key("ada")
    assert key not in await page.content()
    await visitor.look("52-opened")

    await opened.get_by_role("button", name=re.compile("Show what is masked")).click()
    await expect(answer).to_contain_text(key)
    await opened.get_by_role("button", name=re.compile("Mask it again")).click()
    await expect(answer).not_to_contain_text(key)
    assert [] == visitor.violations


async def test_one_press_breaks_a_system_and_one_mends_it(console: Console, window: Browser) -> None:
    """G6: from the next call on; the diagram marks what failed, and the rule tells how often it struck."""
    visitor = await console.visited(window)
    page = visitor.page
    await go(page, "faults")
    await page.get_by_role("button", name="EMIS: Down (503)").click()
    await expect(page.locator("#said")).to_contain_text("from the next call on")
    await console.log_in("ben")
    await expect(page.get_by_role("row", name=re.compile("^1 EMIS status"))).not_to_contain_text("0 of 0")
    await visitor.look("53-fault")
    await page.get_by_role("button", name="Lift all").click()
    await expect(page.locator("#no-faults")).to_be_visible()

    await go(page, "conversation")
    await page.locator("#login").select_option("everything")
    await expect(page.locator(".message.refused").first).to_contain_text("503")
    assert [] == visitor.violations


async def test_an_event_of_the_world_shows_at_once(console: Console, window: Browser) -> None:
    """G3: another linkage key by one press; NHS login's details are the practice's no more, and the page says so itself."""
    await console.log_in("ada")
    visitor = await console.visited(window)
    page = visitor.page
    await go(page, "people/ada")
    held = page.get_by_role("row", name=re.compile("^NHS login EMIS"))
    await expect(held).to_contain_text("current")
    await page.get_by_role("button", name=re.compile("^rotate linkage key", re.IGNORECASE)).click()

    await expect(held).to_contain_text("not the practice's")
    await visitor.look("54-after-another-key")
    assert [] == visitor.violations


async def test_a_practice_changes_its_system_and_its_answers_lack_a_field(console: Console, window: Browser) -> None:
    """N19, G6: the system is chosen from a list; one press leaves out what no answer can be used without."""
    visitor = await console.visited(window)
    page = visitor.page
    await go(page, "practices/A99901")
    await page.locator("#event-migrate_system-system").select_option("TPP")
    await page.get_by_role("button", name="Migrate system").click()
    await expect(page.locator(".nhsuk-summary-list__row", has_text="System").first).to_contain_text("TPP")
    await go(page, "faults")
    await page.get_by_role("button", name="EMIS: Without LinkageKey").click()
    await expect(page.get_by_role("row", name=re.compile("^1 EMIS missing field"))).to_contain_text("LinkageKey")
    await page.get_by_role("button", name="TPP: Down by chance (half)").click()
    await expect(page.get_by_role("row", name=re.compile("^2 TPP status"))).to_contain_text("0.5")

    assert [] == visitor.violations


async def test_a_needless_email_is_noted_beneath_its_arrow(console: Console, window: Browser) -> None:
    """G2, R3: the partner has lost what it stored, and has the patient written to again; also on a telephone."""
    await console.log_in("ada")
    stage = console.theatre.stage
    await stage.sample.announced.forget(stage.accounts["ada"].subject)
    await console.log_in("ada")
    visitor = await console.visited(window, 320)
    told = visitor.page.locator(".message.problem", has_text="POST me/applications")
    await told.scroll_into_view_if_needed()

    await expect(told.locator(".remark")).to_contain_text("A needless e-mail")
    await expect(told.locator(".words")).to_be_visible()
    await visitor.look("56-needless")
    assert [] == visitor.violations


@pytest.mark.parametrize(("name", "begins"), [("SVG", "<svg"), ("text", ""), ("Mermaid", "sequenceDiagram")])
async def test_a_diagram_is_saved(console: Console, window: Browser, tmp_path: Path, name: str, begins: str) -> None:
    """As a picture, as text and for Mermaid, with the messages that are shown and no secret."""
    await console.log_in("ada")
    page = (await console.visited(window)).page
    async with page.expect_download() as coming:
        await page.get_by_role("button", name=f"Save as {name}").click()
    await (await coming.value).save_as(tmp_path / "saved")
    saved = (tmp_path / "saved").read_text(encoding="utf-8")

    assert saved.startswith(begins) or begins in saved[:400]
    assert "/userinfo" in saved
    assert await console.linkage_key("ada") not in saved


async def test_the_keyboard_alone_is_enough(console: Console, window: Browser) -> None:
    """From the link: to a view, to a message, open it, close it."""
    await console.log_in("ada")
    page = (await console.visited(window)).page

    async def tab_to(words: str) -> None:
        for _ in range(80):
            await page.keyboard.press("Tab")
            if words in await page.evaluate(
                "document.activeElement.matches('a, button') ? document.activeElement.textContent : ''"
            ):
                return
        pytest.fail(f"nothing that says {words} takes the keyboard")

    await tab_to("Outbox")
    await page.keyboard.press("Enter")
    await expect(page.locator("#view h1")).to_have_text("Outbox")
    assert "Outbox" == await page.evaluate("document.activeElement.textContent")
    await go(page, "conversation")
    await tab_to("GET /authorize")
    await page.keyboard.press("Enter")
    await expect(page.locator(".opened")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(page.locator(".opened")).to_have_count(0)


@pytest.mark.long
@pytest.mark.alone
async def test_five_hundred_messages_are_drawn_in_a_blink(console: Console, window: Browser) -> None:
    """Everything at once within two seconds of the click, the latest in sight, and one more within half a second."""
    stage = console.theatre.stage
    while len(stage.journal.list()) < 500:
        await console.log_in("ada")
    visitor = await console.visited(window)
    page = visitor.page
    began = time.monotonic()
    await page.locator("#login").select_option("everything")
    await expect(page.locator(".message")).to_have_count(len(stage.journal.list()))
    took = time.monotonic() - began
    await visitor.look("55-five-hundred")

    assert took < 2
    assert [] == visitor.violations

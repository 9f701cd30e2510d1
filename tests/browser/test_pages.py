"""A person logs in, in a real browser; every page is looked at."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from gpic.sandbox.stage import Stage
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
async def test_a_person_gets_connected(sandbox: Stage, window: Browser, width: int, scripts: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """J1: button, password, code, consent, connected; with and without scripts, narrow and wide; no error, nothing foreign."""
    context = await window.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
    visitor = Visitor(await context.new_page(), width)
    page = visitor.page

    async def look(name: str) -> None:
        if scripts:
            await visitor.look(name)

    await page.goto(sandbox.addresses.partner)
    await look("1-start")
    await page.get_by_role("button", name="Continue with NHS login").click()
    await expect(page.get_by_text("This is a simulator of NHS login for testing.")).to_be_visible()
    await look("2-sign-in")
    await visitor.sign_in(sandbox, "ada")
    await look("3-code")
    await page.get_by_label("Security code").fill(sandbox.people["ada"].code)
    await page.get_by_role("button", name="Continue").click()
    await look("4-consent")
    await page.get_by_role("button", name="Agree and continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are connected to Meadowbank Surgery (EMIS)")
    await look("5-connected")

    assert [] == visitor.violations
    assert [] == visitor.complaints
    assert [] == [url for url in visitor.requested if not url.startswith(("http://localhost:", "data:"))]


async def test_mistakes_are_explained(sandbox: Stage, window: Browser) -> None:
    """A wrong password and a wrong code show an error summary that leads to the field, and the title says so."""
    visitor = Visitor(await window.new_page(viewport={"width": 1280, "height": 900}), 1280)
    page = visitor.page
    await page.goto(sandbox.addresses.partner)
    await page.get_by_role("button", name="Continue with NHS login").click()

    await visitor.sign_in(sandbox, "ada", "not the password")
    await expect(page.get_by_role("alert")).to_contain_text("The email address or the password is wrong")
    assert (await page.title()).startswith("Error: ")
    await visitor.look("6-wrong-password")
    await visitor.sign_in(sandbox, "ada")
    await page.get_by_label("Security code").fill("000000")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("alert")).to_contain_text("The security code is wrong or has expired")
    await visitor.look("7-wrong-code")

    assert [] == visitor.violations


async def test_who_does_not_agree_goes_back_and_is_told(sandbox: Stage, window: Browser) -> None:
    """`nhs-login` §8: access_denied goes to the partner, which explains and offers a way back."""
    visitor = Visitor(await window.new_page(viewport={"width": 1280, "height": 900}), 1280)
    page = visitor.page
    await page.goto(sandbox.addresses.partner)
    await page.get_by_role("button", name="Continue with NHS login").click()
    await visitor.sign_in(sandbox, "ada")
    await page.get_by_label("Security code").fill(sandbox.people["ada"].code)
    await page.get_by_role("button", name="Continue").click()

    await page.get_by_role("button", name="Do not agree").click()

    await expect(page.locator("#cannot-connect")).to_be_visible()
    await visitor.look("8-declined")
    await expect(page.get_by_role("button", name="Continue with NHS login")).to_be_visible()
    assert [] == visitor.violations


async def test_what_leads_nowhere_says_so(sandbox: Stage, window: Browser) -> None:
    """An unknown client is shown a page and never redirected; an expired interaction too."""
    visitor = Visitor(await window.new_page(viewport={"width": 1280, "height": 900}), 1280)
    page = visitor.page

    await page.goto(f"{sandbox.addresses.provider}/authorize?client_id=nobody&redirect_uri=https://example.test/")
    await expect(page.get_by_role("heading", level=1)).to_have_text("You cannot log in from here")
    await visitor.look("9-unaddressable")
    assert [] == [one for one in visitor.complaints if "status of 4" not in one]
    await page.goto(f"{sandbox.addresses.provider}/interaction/unknown")
    await expect(page.get_by_role("heading", level=1)).to_have_text("This page has expired")
    await visitor.look("10-gone")
    await page.goto(f"{sandbox.addresses.provider}/no-such-page")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    await visitor.look("11-not-found")

    assert [] == visitor.violations

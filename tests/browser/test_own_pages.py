"""The pages that make an account, lift its level and hold its settings, in a real browser; every one is looked at."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from gpic.sandbox.stage import Stage
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

WIDTHS = pytest.mark.parametrize("width", [320, 1280])


async def visitor_in(window: Browser, width: int) -> Visitor:
    """Somebody with a window of this width."""
    return Visitor(await window.new_page(viewport={"width": width, "height": 900}), width)


async def give_code(visitor: Visitor, code: str, *, remember: bool = False) -> None:
    """The second factor."""
    if remember:
        await visitor.page.get_by_label("Remember this device").check()
    await visitor.page.get_by_label("Security code").fill(code)
    await visitor.page.get_by_role("button", name="Continue").click()


@WIDTHS
async def test_somebody_makes_an_account_and_proves_who_they_are(sandbox: Stage, window: Browser, width: int) -> None:
    """J19: e-mail, code, password, phone, code, details, photo, consent; no page complains, none is too wide."""
    visitor, ben = await visitor_in(window, width), sandbox.people["ben"]
    page = visitor.page
    await page.goto(sandbox.addresses.partner)
    await page.get_by_role("button", name="Continue with NHS login").click()
    await page.get_by_role("button", name="Create an account").click()

    for number, (label, answer) in enumerate(
        (
            ("Email address", "somebody.new@mail.example"),
            ("Security code", ben.code),
            ("Password", "a password of my own"),
            ("Mobile phone number", "07700 900982"),
            ("Security code", ben.code),
        )
    ):
        await page.get_by_label(label).fill(answer)
        await visitor.look(f"20-enrol-{number}")
        await page.get_by_role("button", name="Continue").click()
    await visitor.look("21-details")
    for field, said in ben.details.items():
        await page.locator(f"#{field}").fill(said)
    await page.get_by_role("button", name="Continue").click()
    await visitor.look("22-photo")
    await page.get_by_role("button", name="Continue").click()
    await visitor.look("23-identity-check")
    await page.get_by_role("button", name="The photo matches").click()
    await page.get_by_role("button", name="Agree and continue").click()

    await expect(page.locator("#connected")).to_be_visible()
    assert [] == visitor.violations
    assert [] == visitor.complaints


@WIDTHS
async def test_somebody_sees_and_changes_their_settings(sandbox: Stage, window: Browser, width: int) -> None:
    """Clause 8, N6: what is shared, devices, password, phone; each page and each mistake is looked at."""
    visitor, ada = await visitor_in(window, width), sandbox.people["ada"]
    page = visitor.page
    await page.goto(sandbox.addresses.partner)
    await page.get_by_role("button", name="Continue with NHS login").click()
    await visitor.sign_in(sandbox, "ada")
    await give_code(visitor, ada.code, remember=True)
    await page.get_by_role("button", name="Agree and continue").click()
    await page.goto(f"{sandbox.addresses.provider}/settings")
    await expect(page.locator("#shared")).to_contain_text("Riverside Health")
    await visitor.look("30-settings")

    await page.get_by_role("link", name="Change password").click()
    await visitor.look("31-password")
    await page.get_by_label("Your password now").fill("not the password")
    await page.get_by_label("New password").fill("four other words entirely")
    await page.get_by_role("button", name="Change password").click()
    await expect(page.get_by_role("alert")).to_contain_text("The password is wrong")
    await visitor.look("32-password-wrong")
    await page.get_by_label("Your password now").fill(ada.password)
    await page.get_by_label("New password").fill("four other words entirely")
    await page.get_by_role("button", name="Change password").click()
    await expect(page.locator("#devices")).to_contain_text("None.")

    await page.get_by_role("link", name="Change phone").click()
    await visitor.look("33-phone")
    await page.get_by_label("New mobile phone number").fill("07700 900983")
    await page.get_by_label("Your password").fill("four other words entirely")
    await page.get_by_role("button", name="Continue").click()
    await visitor.look("34-phone-code")
    await page.get_by_label("Security code").fill(ada.code)
    await page.get_by_role("button", name="Change phone number").click()
    await expect(page.get_by_text("ends in 983")).to_be_visible()

    await page.get_by_role("button", name="Stop sharing").click()
    await expect(page.locator("#shared")).to_contain_text("None.")
    await visitor.look("35-settings-nothing-shared")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    await visitor.look("36-signed-out")
    assert [] == visitor.violations
    assert [] == visitor.complaints

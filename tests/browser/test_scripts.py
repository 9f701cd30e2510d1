"""Passkeys in a real browser, and everything else without scripts."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import pytest
from playwright.async_api import Browser, Page, expect

from gpic.sandbox.stage import Stage
from tests.browser.visitor import Visitor

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def go_on(page: Page, label: str, text: str) -> None:
    """Write something and press Continue."""
    await page.get_by_label(label).fill(text)
    await page.get_by_role("button", name="Continue", exact=True).click()


async def sign_in(visitor: Visitor, sandbox: Stage, slug: str) -> None:
    """Both factors."""
    await visitor.sign_in(sandbox, slug)
    await go_on(visitor.page, "Security code", sandbox.people[slug].code)


async def test_an_account_is_made_without_scripts(sandbox: Stage, window: Browser) -> None:
    """Every page but a passkey's works as plain HTML, on a narrow window: e-mail, password, phone, details, photo."""
    context = await window.new_context(viewport={"width": 320, "height": 900}, java_script_enabled=False)
    page, ben = await context.new_page(), sandbox.people["ben"]
    await page.goto(sandbox.addresses.partner)
    await page.get_by_role("button", name="Continue with NHS login").click()
    await expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    await page.get_by_role("button", name="Create an account").click()
    await go_on(page, "Email address", "somebody.new@mail.example")
    await go_on(page, "Security code", ben.code)
    await go_on(page, "Password", "four words are enough")
    await go_on(page, "Mobile phone number", "07700 900982")
    await go_on(page, "Security code", ben.code)
    for name, said in ben.details.items():
        await page.locator(f"#{name}").fill(said)
    await page.get_by_role("button", name="Continue", exact=True).click()
    await page.get_by_role("button", name="Continue", exact=True).click()
    await page.get_by_role("button", name="The photo matches").click()
    await page.get_by_role("button", name="Agree and continue").click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("You are connected")


async def with_authenticator(page: Page) -> None:
    """Chromium's own, in software: it has a key store, and its user is always present and verified."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


async def test_a_passkey_is_made_and_gets_somebody_connected(sandbox: Stage, window: Browser) -> None:
    """Cm: created in the settings, then one click at the sign-in page, with GP credentials at the end (N5)."""
    visitor = Visitor(await window.new_page(viewport={"width": 1280, "height": 900}), 1280)
    page = visitor.page
    await with_authenticator(page)
    await page.goto(f"{sandbox.addresses.provider}/settings")
    await sign_in(visitor, sandbox, "ada")
    await page.get_by_role("button", name="Create a passkey on this device").click()
    await expect(page.locator("#passkeys")).to_contain_text("Chrome on Linux")
    await visitor.look("40-settings-with-passkey")
    await page.get_by_role("button", name="Create a passkey on this device").click()
    await expect(page.get_by_text("Your device did not use a passkey")).to_be_visible()  # it has one already
    await page.get_by_role("button", name="Sign out").click()

    await page.goto(sandbox.addresses.partner)
    await page.get_by_role("button", name="Continue with NHS login").click()
    await visitor.look("41-sign-in-with-passkey")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await page.get_by_role("button", name="Agree and continue").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("You are connected")

    await page.goto(f"{sandbox.addresses.provider}/settings")
    await page.locator("#passkeys").get_by_role("button", name="Remove").click()
    await expect(page.locator("#passkeys")).to_contain_text("None.")
    assert [] == visitor.violations
    assert [] == visitor.complaints


async def test_a_partner_that_wants_nothing_less_than_a_passkey(sandbox: Stage, window: Browser) -> None:
    """`vtr=["P9.Cm"]`: a session by password and code leads to the sign-in page, which asks for a passkey alone."""
    visitor = Visitor(await window.new_page(viewport={"width": 320, "height": 900}), 320)
    page = visitor.page
    await with_authenticator(page)
    await page.goto(f"{sandbox.addresses.provider}/settings")
    await sign_in(visitor, sandbox, "ada")
    await page.get_by_role("button", name="Create a passkey on this device").click()
    await expect(page.locator("#passkeys")).to_contain_text("Chrome on Linux")

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/authorize?" in request.url else None)
    await page.goto(sandbox.addresses.partner)
    await page.get_by_role("button", name="Continue with NHS login").click()
    await expect(page.get_by_role("button", name="Agree and continue")).to_be_visible()
    path, _, query = asked[0].partition("?")
    wanted = dict(parse_qsl(query)) | {"vtr": '["P9.Cm"]'}
    await page.goto(f"{path}?{urlencode(wanted)}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in with a passkey")
    await visitor.look("42-passkey-alone")
    assert 0 == await page.get_by_label("Password").count()
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.get_by_role("button", name="Agree and continue")).to_be_visible()

    assert [] == visitor.violations

"""People who look through Chromium, for services whose pages need scripts. It reaches nothing but this machine."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from typing import Final
from urllib.parse import urlsplit

from lxml import html
from playwright.async_api import BrowserContext, Error, Request, Response, async_playwright
from playwright.async_api import Page as Window

from gpic.sandbox.browser import LOOPBACK_HOSTS, Browser, Hint, LedAway, NotWhatWasExpected, Page, at_once
from gpic.sandbox.reach import Ways
from gpic.sandbox.rehearsal import Opening

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
#: Names other than loopback lead nowhere.
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
PATIENCE: Final = 15_000  #: milliseconds for a page
CALM: Final = 3_000  #: and for its scripts to come to rest


class NoChromium(Exception):
    """There is none on this machine; the message says so."""

    def __init__(self) -> None:
        super().__init__("--browser needs Chromium; on Debian: apt-get install chromium.")


class ChromiumBrowser(Browser):
    """One person's window, with cookies of its own."""

    def __init__(self, context: BrowserContext, window: Window) -> None:
        self._context = context
        self._window = window
        self._way: list[str] = []
        self._status = 0
        self.before = at_once
        window.on("request", self._asked)
        window.on("response", self._answered)

    async def open(self, url: str) -> Page:
        """Go to an address, through every redirect."""
        self._way = []
        with self._explained():
            await self._window.goto(url, wait_until="load", timeout=PATIENCE)
        return await self._shown()

    async def follow(self, page: Page, identity: str) -> Page:
        """Press the link or the button with this id, once it is there."""
        with self._explained(f"no element {identity!r} on the page {page.heading!r} ({page.status})"):
            return await self._pressed(f"[id='{identity}']")

    async def fill_in(self, page: Page, **fields: str) -> Page:
        """Write into these fields and press the button among them."""
        form = page.form_with(*fields)
        pressed = ""
        with self._explained(f"a form on the page {page.heading!r} cannot be filled in"):
            for name, value in fields.items():
                if form.xpath(".//button[@name=$name] | .//input[@type='submit'][@name=$name]", name=name):
                    pressed = f"[name='{name}'][value='{value}']"
                else:
                    await self._window.locator(f"[name='{name}']").first.fill(value, timeout=PATIENCE)
            return await self._pressed(pressed or "button[type='submit'], input[type='submit']")

    async def cookies(self) -> list[str]:
        """The values of all cookies that it keeps."""
        return [cookie["value"] for cookie in await self._context.cookies() if "value" in cookie]

    async def _pressed(self, selector: str) -> Page:
        self._way = []
        async with self._window.expect_navigation(wait_until="load", timeout=PATIENCE):
            await self._window.locator(selector).first.click(timeout=PATIENCE)
        return await self._shown()

    async def _shown(self) -> Page:
        with contextlib.suppress(Error):  # a page that polls never comes to rest
            await self._window.wait_for_load_state("networkidle", timeout=CALM)
        self._must_be_here()
        document = html.document_fromstring(await self._window.content(), base_url=self._window.url)
        return Page(self._window.url, self._status, document, tuple(self._way))

    @contextlib.contextmanager
    def _explained(self, what: str = "") -> Iterator[None]:
        try:
            yield
        except Error as lost:
            self._must_be_here()
            raise NotWhatWasExpected(what or f"a page cannot be opened: {lost.message.splitlines()[0]}") from None

    def _must_be_here(self) -> None:
        if any(urlsplit(url).hostname not in LOOPBACK_HOSTS for url in self._way):
            raise LedAway

    def _is_ours(self, request: Request) -> bool:
        return request.is_navigation_request() and request.frame == self._window.main_frame

    def _asked(self, request: Request) -> None:
        if self._is_ours(request):
            self._way.append(request.url)

    def _answered(self, response: Response) -> None:
        if self._is_ours(response.request):
            self._status = response.status


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Opening]:
    """How to open windows of one Chromium, while the block runs; people go through NHS login's pages. Raises NoChromium."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise NoChromium
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))

        @contextlib.asynccontextmanager
        async def window(_ways: Ways | None = None, _hint: Hint | None = None) -> AsyncIterator[Browser]:
            context = await running.new_context()
            try:
                yield ChromiumBrowser(context, await context.new_page())
            finally:
                await context.close()

        try:
            yield window
        finally:
            await running.close()

"""A person's browser without a screen: follows links and redirects, fills in forms, keeps cookies. Runs no scripts."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx2
from lxml import html

from gpic.sandbox.reach import Ways
from gpic.sandbox.scripted_sign_in import HINT

MOST_REDIRECTS: Final = 20
LOOPBACK_HOSTS: Final = frozenset({"localhost", "127.0.0.1"})


class NotWhatWasExpected(AssertionError):
    """A page lacks what the person wanted to use; the message quotes its heading."""


class LedAway(NotWhatWasExpected):
    """A link or a redirect led off this machine."""

    def __init__(self) -> None:
        super().__init__("the way led off this machine")


@dataclass(frozen=True, slots=True)
class Page:
    """What the browser shows: the last address, its status, the document, and the addresses that it went through."""

    url: str
    status: int
    document: html.HtmlElement
    way: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """The text of the first h1, spaces folded."""
        found = self.document.xpath("//h1")
        return " ".join(found[0].text_content().split()) if found else ""

    @property
    def text(self) -> str:
        """All text of the page's body, spaces folded."""
        return " ".join(self.document.text_content().split())

    @property
    def source(self) -> str:
        """The page as HTML."""
        source: str = html.tostring(self.document, encoding="unicode")
        return source

    def element(self, identity: str) -> html.HtmlElement:
        """The element with this id; raises NotWhatWasExpected."""
        found = self.document.xpath("//*[@id=$identity]", identity=identity)
        if not found:
            raise NotWhatWasExpected(f"no element {identity!r} on the page {self.heading!r} ({self.status})")
        element: html.HtmlElement = found[0]
        return element

    def has(self, identity: str) -> bool:
        """Whether an element has this id."""
        return bool(self.document.xpath("//*[@id=$identity]", identity=identity))

    def target(self, identity: str) -> str:
        """Where the link or the form's button with this id leads; raises NotWhatWasExpected."""
        element = self.element(identity)
        form = next(element.iterancestors("form"), None)
        leads = element.get("href", "") if form is None else element.get("formaction") or form.action or self.url
        return str(urljoin(self.url, leads))

    def form_with(self, *names: str) -> html.FormElement:
        """The form that has fields or buttons of all these names; raises NotWhatWasExpected."""
        for form in self.document.forms:
            if all(form.xpath(".//*[@name=$name]", name=name) for name in names):
                return form
        raise NotWhatWasExpected(f"no form with {', '.join(names)} on the page {self.heading!r} ({self.status})")


@dataclass(frozen=True, slots=True)
class Hint:
    """Who is named to NHS login on the way to it, where a sandbox lets that sign them in without a page."""

    issuer: str
    slug: str

    def on(self, url: str) -> str:
        """The address with the hint, where it is NHS login's and has none."""
        asked = httpx2.URL(url)
        if not url.startswith(f"{self.issuer}/authorize?") or HINT in asked.params:
            return url
        return str(asked.copy_add_param(HINT, self.slug))


async def at_once(_url: str) -> None:
    """Wait for nothing."""


class Browser:
    """One person's browser. Speaks to loopback only, and to *hosts* that lead there."""

    def __init__(self, client: httpx2.AsyncClient, hosts: frozenset[str] = frozenset(), hint: Hint | None = None) -> None:
        self._client = client
        self._hosts = LOOPBACK_HOSTS | hosts
        self._hint = hint
        self.before: Callable[[str], Awaitable[None]] = at_once  #: awaited with each address before it is asked

    async def open(self, url: str) -> Page:
        """Go to an address, through every redirect."""
        return await self._go("GET", url, None)

    async def follow(self, page: Page, identity: str) -> Page:
        """Use the link or the form's button with this id."""
        element = page.element(identity)
        if element.tag == "a":
            return await self.open(urljoin(page.url, element.get("href", "")))
        form = next(element.iterancestors("form"), None)
        if form is None:
            raise NotWhatWasExpected(f"{identity!r} on the page {page.heading!r} is neither a link nor in a form")
        name = element.get("name")
        return await self._submit(page, form, {name: element.get("value", "")} if name else {})

    async def fill_in(self, page: Page, **fields: str) -> Page:
        """Send the form that has these fields and buttons, with its hidden fields as they are."""
        return await self._submit(page, page.form_with(*fields), fields)

    async def cookies(self) -> list[str]:
        """The values of all cookies that it keeps."""
        return [cookie.value or "" for cookie in self._client.cookies.jar]

    async def _submit(self, page: Page, form: html.FormElement, fields: dict[str, str]) -> Page:
        values = {name: value for name, value in form.form_values() if value is not None} | fields
        target = urljoin(page.url, form.action or page.url)
        if (form.method or "GET").upper() == "GET":
            return await self._go("GET", str(httpx2.URL(target, params=values) if values else target), None)
        return await self._go("POST", target, values)

    async def _go(self, method: str, url: str, values: dict[str, str] | None) -> Page:
        way: list[str] = []
        for _ in range(MOST_REDIRECTS):
            if urlsplit(url).hostname not in self._hosts:
                raise LedAway
            url = self._hint.on(url) if self._hint is not None else url
            way.append(url)
            await self.before(url)
            response = await self._client.request(method, url, data=values)
            if not response.has_redirect_location:
                return Page(
                    url, response.status_code, html.document_fromstring(response.text or "<html/>", base_url=url), tuple(way)
                )
            if response.status_code != httpx2.codes.TEMPORARY_REDIRECT:
                method, values = "GET", None
            url = urljoin(url, response.headers["location"])
        raise NotWhatWasExpected(f"more than {MOST_REDIRECTS} redirects in a row")


@contextlib.asynccontextmanager
async def browser(ways: Ways | None = None, hint: Hint | None = None) -> AsyncIterator[Browser]:
    """A fresh browser, without cookies; *ways* of a sandbox that is reached by https or under public addresses."""
    ways = ways or Ways({})
    async with httpx2.AsyncClient(
        trust_env=False,
        timeout=30,
        headers={"accept": "text/html"},
        verify=ways.tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # by http there is nothing to trust
        transport=ways.transport(),
    ) as client:
        yield Browser(client, ways.hosts, hint)

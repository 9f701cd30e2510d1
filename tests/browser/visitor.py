"""Somebody at a page, who looks at everything."""

from __future__ import annotations

from playwright.async_api import Page

from gpic.sandbox.stage import Stage
from tests.browser.conftest import ROOT, picture

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


class Visitor:
    """Somebody at a page: keeps a picture of each one, what it asked of the network, and what axe finds."""

    def __init__(self, page: Page, width: int) -> None:
        self.page = page
        self.width = width
        self.requested: list[str] = []
        self.complaints: list[str] = []
        self.violations: list[str] = []
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)

    async def look(self, name: str) -> None:
        """Keep a picture; ask axe; nothing may reach beyond the window's edge."""
        await picture(self.page, f"{name}-{self.width}")
        found = await self.page.evaluate(
            f"async () => {{ {AXE.read_text(encoding='utf-8')}; return (await axe.run()).violations }}"
        )
        self.violations += [f"{name}: {one['id']}" for one in found]
        wide = await self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        if wide:
            self.violations.append(f"{name}: wider than the window")

    async def sign_in(self, sandbox: Stage, slug: str, password: str = "") -> None:
        """Password, and the code if the password was right."""
        who = sandbox.people[slug]
        await self.page.get_by_label("Email address").fill(who.email)
        await self.page.get_by_label("Password").fill(password or who.password)
        await self.page.get_by_role("button", name="Continue").click()

"""A real browser: Debian's Chromium, driven by Playwright, that reaches nothing but loopback."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script, Stage, stage

ROOT = Path(__file__).resolve().parents[2]
#: Where screenshots are kept; git ignores it.
PICTURES = ROOT / "artefacts" / "screenshots"
QUIET = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Names other than loopback lead nowhere.
WALLED = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; without one the test is skipped with a reason, and fails where CI=true."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        why = "Chromium is not installed (on Debian, as root: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(why)
        pytest.skip(why)
    return found


@pytest.fixture
async def window(chromium: str, anyio_backend: str) -> AsyncIterator[Browser]:
    """A browser without a screen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*QUIET, WALLED])
        yield browser
        await browser.close()


@pytest.fixture
async def sandbox(anyio_backend: str) -> AsyncIterator[Stage]:
    """All roles on loopback."""
    async with stage(script=Script(keys=SandboxKeys())) as everything:
        yield everything


async def picture(page: Page, name: str) -> None:
    """Keep a screenshot of the whole page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

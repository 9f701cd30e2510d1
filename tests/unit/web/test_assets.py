"""What the pages are dressed in."""

from __future__ import annotations

import re

import pytest

from gpic.web.environment import ASSETS
from tests.unit.web.conftest import Visitor, seen

pytestmark = pytest.mark.anyio


async def test_whatever_a_page_or_its_style_sheet_names_is_there(visitor: Visitor) -> None:
    """Every address below /assets, in page and style sheet, is answered."""
    page = await visitor.arrive()
    style = (ASSETS / "nhsuk-frontend.min.css").read_text(encoding="utf-8")
    named = {*re.findall(r"/assets/[^\"')\s]+", page.text), *re.findall(r"/assets/[^\"')\s]+", style)}

    assert {"/assets/nhsuk-frontend.min.css", "/assets/nhsuk-frontend.min.js"} <= named
    assert {200} == {(await visitor.client.get(path)).status_code for path in named}


def test_the_style_sheet_asks_nothing_of_others() -> None:
    """No font host, no import, no address of another site."""
    style = (ASSETS / "nhsuk-frontend.min.css").read_text(encoding="utf-8")

    assert [] == re.findall(r"@import|@font-face|url\(\s*[\"']?(?:https?:)?//", style)


def test_no_logo_is_among_the_assets() -> None:
    """The NHS's marks are not ours to show."""
    names = [path.name for path in ASSETS.rglob("*") if path.is_file()]

    assert [] == [name for name in names if re.search("logo|favicon|mask|apple|opengraph|woff", name)]


async def test_nothing_beside_the_assets_is_served(visitor: Visitor) -> None:
    """No way leads out of the folder."""
    for path in ("/assets/../environment.py", "/assets/%2e%2e/%2e%2e/environment.py", "/assets/images"):
        assert 404 == (await visitor.client.get(path)).status_code


async def test_a_page_works_without_scripts(visitor: Visitor) -> None:
    """The one script only adds: forms, buttons and messages stand in the page."""
    document = seen(await visitor.arrive()).document

    assert 1 == len(document.xpath("//form[@method='post']//button[@name='action' and @value='continue']"))
    assert "en" == document.get("lang")
    assert ["#maincontent"] == document.xpath("//a[contains(@class, 'nhsuk-skip-link')]/@href")
    assert 1 == len(document.xpath("//*[@id='maincontent']"))

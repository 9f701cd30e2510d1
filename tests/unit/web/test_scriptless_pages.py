"""The page that the protocol itself shows, under headers that admit no inline script."""

from __future__ import annotations

import pytest

from tests.unit.web.conftest import Visitor, seen

pytestmark = pytest.mark.anyio


async def test_the_unaddressable_page_runs_no_script(visitor: Visitor) -> None:
    """Attacks 7: its headers name no nonce, so a script in it would only be a violation in the browser's console."""
    page = await visitor.client.get("/authorize")

    assert "nonce" not in page.headers["content-security-policy"]
    assert [] == seen(page).document.xpath("//script")


async def test_a_page_without_scripts_lacks_nothing_else(visitor: Visitor) -> None:
    """Language, way to the content, style sheet and one heading, as on every page."""
    document = seen(await visitor.client.get("/authorize")).document

    assert "en" == document.get("lang")
    assert ["#maincontent"] == document.xpath("//a[contains(@class, 'nhsuk-skip-link')]/@href")
    assert 1 == len(document.xpath("//main[@id='maincontent']//h1"))
    assert ["/assets/nhsuk-frontend.min.css"] == document.xpath("//link[@rel='stylesheet']/@href")


async def test_pages_of_ours_keep_their_one_script(visitor: Visitor) -> None:
    """A page with a nonce still carries the scripts that it is for."""
    assert seen(await visitor.arrive()).document.xpath("//script[@nonce]")

"""The documentation site: built without a warning, every link leads somewhere, nothing is fetched from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import docs


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `./go docs` builds it."""
    built = tmp_path_factory.mktemp("site") / "docs"
    assert docs.build(built), "the generator warns; ./go docs says of what"
    return built


@pytest.mark.long
def test_every_link_of_the_site_leads_somewhere(site: Path) -> None:
    """Pages, anchors, style sheets, scripts."""
    assert [] == [*docs.dead_links(site)]


@pytest.mark.long
def test_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    """No font, no script, no picture of another host."""
    assert [] == [*docs.foreign(site)]


@pytest.mark.long
def test_every_page_is_in_the_site(site: Path) -> None:
    """No page is written that nobody can find."""
    written = {path.relative_to(docs.SOURCE).with_suffix(".html") for path in docs.SOURCE.rglob("*.md")}

    assert set() == written - {path.relative_to(site) for path in site.rglob("*.html")}


def page(folder: Path, name: str, text: str) -> None:
    """A small page."""
    (folder / name).write_text(f"<html><body>{text}</body></html>", encoding="utf-8")


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    """A page that is not there, an anchor that is not there; what is there is no mistake."""
    page(tmp_path, "a.html", '<a href="b.html#here">1</a><a href="b.html#there">2</a><a href="c.html">3</a><a href="#me">4</a>')
    page(tmp_path, "b.html", '<p id="here"></p><a href="a.html">back</a><a href="https://example.org/">out</a>')

    assert [
        "a.html: #me leads nowhere",
        "a.html: b.html#there leads nowhere",
        "a.html: c.html leads nowhere",
    ] == [*docs.dead_links(tmp_path)]


def test_what_is_fetched_from_elsewhere_is_found(tmp_path: Path) -> None:
    """Scripts, styles within pages, style sheets."""
    page(tmp_path, "a.html", '<script src="//cdn.example/x.js"></script><p style="background: url(https://img.example/x)"></p>')
    (tmp_path / "a.css").write_text("@import 'https://fonts.example/css'; b { color: red }", encoding="utf-8")

    assert [
        "a.html: <script> fetches //cdn.example/x.js",
        "a.html: a style fetches https://img.example/x",
        "a.css fetches https://fonts.example/css",
    ] == [*docs.foreign(tmp_path)]

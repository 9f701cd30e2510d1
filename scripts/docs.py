"""Builds the documentation site into build/docs and looks whether every link leads somewhere: `./go docs`.

./go docs               builds it; any warning of the generator, dead link or foreign script ends with exit code 1
./go docs --serve 8010  and serves it on the loopback interface until Ctrl-C
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from lxml import html

from scripts import reference_pages

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "docs"
SITE: Final = ROOT / "build" / "docs"
#: What a browser fetches by itself; a link in a text it does not.
FETCHED: Final = (
    ("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src"), ("use", "href"),
)  # fmt: skip
IN_STYLES: Final = re.compile(r"(?:url\(\s*['\"]?|@import\s+['\"])\s*((?:https?:)?//[^'\")\s]+)")


def main() -> int:
    """0 when the site is whole."""
    asked = argparse.ArgumentParser(prog="./go docs", description="Build the documentation site and check its links.")
    asked.add_argument("--serve", type=int, metavar="PORT", help="Serve it on the loopback interface until Ctrl-C.")
    wanted = asked.parse_args()
    reference_pages.main()
    if not build(SITE):
        return 1
    mistakes = [*dead_links(SITE), *foreign(SITE)]
    for mistake in mistakes:
        print(f"docs: {mistake}", file=sys.stderr)
    pages = len([*SITE.rglob("*.html")])
    print(f"docs: {pages} pages in {SITE.relative_to(ROOT)}, {len(mistakes)} mistakes; begin with index.html")
    if wanted.serve is not None and not mistakes:
        serve(SITE, wanted.serve)
    return 1 if mistakes else 0


def build(site: Path) -> bool:
    """Whether the generator made it without a warning."""
    words = ("-q", "-n", "-W", "--keep-going", "-b", "html", "-d", str(site.with_name(f"{site.name}-doctrees")))
    command = [sys.executable, "-m", "sphinx", *words, str(SOURCE), str(site)]
    return subprocess.run(command, check=False, cwd=ROOT).returncode == 0  # noqa: S603 - our own words


def dead_links(site: Path) -> Iterator[str]:
    """Every link within the site that leads nowhere, its anchor included."""
    trees = {path: html.parse(path) for path in sorted(site.rglob("*.html"))}
    anchors = {path: {str(one) for one in tree.xpath("//@id | //a/@name")} for path, tree in trees.items()}
    for path, tree in trees.items():
        for target in sorted({str(one) for one in tree.xpath("//a/@href | //link/@href | //script/@src | //img/@src")}):
            if not leads(path, target, anchors):
                yield f"{path.relative_to(site)}: {target} leads nowhere"


def leads(page: Path, target: str, anchors: Mapping[Path, set[str]]) -> bool:
    """Whether this link of a page does; what lies outside of the site is not asked."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return parts.scheme in {"http", "https", "mailto", "data"}
    there = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    there = there / "index.html" if there.is_dir() else there
    if there not in anchors or not parts.fragment:
        return there.is_file()
    return unquote(parts.fragment) in anchors[there]


def foreign(site: Path) -> Iterator[str]:
    """Whatever a browser would fetch from another host: nothing may."""
    for path in sorted(site.rglob("*.html")):
        tree = html.parse(path)
        for tag, attribute in FETCHED:
            for address in map(str, tree.xpath(f"//{tag}/@{attribute}")):
                if urlsplit(address).netloc:
                    yield f"{path.relative_to(site)}: <{tag}> fetches {address}"
        yield from (f"{path.relative_to(site)}: a style fetches {one}" for one in styles_of(tree))
    for path in sorted(site.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        yield from (f"{path.relative_to(site)} fetches {one}" for one in IN_STYLES.findall(text))


def styles_of(tree: html.HtmlElement) -> list[str]:
    """What the styles within a page fetch."""
    return [found for style in tree.xpath("//style/text() | //@style") for found in IN_STYLES.findall(str(style))]


def serve(site: Path, port: int) -> None:
    """Until Ctrl-C."""
    answers = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), answers) as server, contextlib.suppress(KeyboardInterrupt):
        print(f"docs: http://127.0.0.1:{server.server_port}/ until Ctrl-C")
        server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())

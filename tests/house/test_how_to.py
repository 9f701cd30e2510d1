"""What the how-to pages of the partner kit show runs, block by block, in each page's own order."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512

from tests.unit.relying_party.world import key

PAGES: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "how-to"
OF_THE_KIT: Final = (
    "hand-over.md",
    "move-from-hand-written-code.md",
    "nhs-login-environments.md",
    "own-store.md",
    "step-up.md",
)
BLOCK: Final = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", OF_THE_KIT)
def test_a_page_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written, Python is run; only what a reader brings along (a key, a service) is given."""
    monkeypatch.chdir(tmp_path)
    mine = key("client")
    given: dict[str, object] = {
        "KEY": mine,
        "PEM": mine.private_pem,
        "PUBLIC_PEM": mine.public_pem,
        "kms": SimpleNamespace(sign=lambda message: mine.rsa.sign(message, PKCS1v15(), SHA512())),
        "run": asyncio.run,
    }
    blocks = BLOCK.findall((PAGES / name).read_text())

    assert [] != [language for language, _, _ in blocks if language == "python"]
    for language, title, text in blocks:
        if language == "python":
            exec(compile(text, f"{name}", "exec"), given)  # noqa: S102 - our own page
        else:
            (tmp_path / title).write_text(text)


def test_links_between_pages_lead_somewhere() -> None:
    """Within docs, README and CONTRIBUTING."""
    root = PAGES.parent.parent
    pages = [*root.glob("docs/**/*.md"), root / "README.md", root / "CONTRIBUTING.md"]
    dead = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert [] == dead

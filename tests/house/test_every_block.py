"""Every block of code in the documentation is run, read or compared by a test."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
BLOCK: Final = re.compile(r"^ *(`{3,})(\w+)[^\n]*\n.*?^ *\1$", re.MULTILINE | re.DOTALL)
#: Pictures, and what a screen shows.
LOOKED_AT: Final = {"text", "mermaid"}
#: Page -> the test that runs its blocks.
RUN_BY: Final = {
    "README.md": "tests/house/test_every_block.py",
    "docs/how-to/answer-a-person.md": "tests/house/test_running_pages.py",
    "docs/how-to/add-a-gp-system.md": "tests/unit/gp_systems/test_how_to_add_a_gp_system.py",
    "docs/how-to/back-up-and-restore.md": "tests/journeys/test_back_up_and_restore.py",
    "docs/how-to/call-the-surgery.md": "tests/journeys/test_practice_line.py",
    "docs/how-to/change-keys.md": "tests/house/test_changing_keys.py",
    "docs/how-to/deploy.md": "tests/journeys/pair.py",
    "docs/how-to/evidence-for-onboarding.md": "tests/journeys/test_examiner.py",
    "docs/how-to/hand-over.md": "tests/house/test_how_to.py",
    "docs/how-to/move-from-hand-written-code.md": "tests/house/test_how_to.py",
    "docs/how-to/nhs-login-environments.md": "tests/house/test_how_to.py",
    "docs/how-to/own-store.md": "tests/house/test_how_to.py",
    "docs/how-to/run-the-provider.md": "tests/house/test_running_pages.py",
    "docs/how-to/run-workers.md": "tests/house/test_running_pages.py",
    "docs/how-to/step-up.md": "tests/house/test_how_to.py",
    "docs/how-to/test-your-service.md": "tests/house/test_how_to_tests.py",
    "docs/reference/clients.md": "tests/house/test_clients_page.py",
    "docs/reference/medicus-contract.md": "tests/unit/gp_systems/test_medicus.py",
    "docs/reference/practice-mapping.md": "tests/unit/gp_systems/test_mapping_page.py",
    "docs/tutorial/connect-a-patient.md": "tests/journeys/test_tutorial.py",
}


def pages_with_code() -> set[str]:
    """Where somebody could copy something."""
    pages = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")]
    return {
        page.relative_to(ROOT).as_posix()
        for page in pages
        if {language for _, language in BLOCK.findall(page.read_text(encoding="utf-8"))} - LOOKED_AT
    }


def test_every_page_with_code_has_its_test() -> None:
    """A new page brings one along."""
    assert pages_with_code() == set(RUN_BY)


@pytest.mark.parametrize("page", RUN_BY)
def test_the_test_reads_the_page(page: str) -> None:
    """By its name; or, where pages are written by a script, by that script's."""
    text = (ROOT / RUN_BY[page]).read_text(encoding="utf-8")

    assert Path(page).name in text or f"{Path(page).stem}_page" in text


def test_every_word_that_the_front_page_shows_is_one_of_the_entrance() -> None:
    """`./go WORD` of README.md and CONTRIBUTING.md are listed by `./go` alone."""
    shown = {
        word
        for name in ("README.md", "CONTRIBUTING.md")
        for word in re.findall(r"\./go (\w+)", (ROOT / name).read_text("utf-8"))
    }
    listed = set(re.findall(r"^  (\w+) {2,}", (ROOT / "go").read_text(encoding="utf-8"), re.MULTILINE))

    assert set() == shown - listed


def test_no_page_holds_a_place_for_a_number() -> None:
    """What was to be measured and filled in later: TODO, TBD, or a name in capitals where a number is due."""
    due = re.compile(r"\b(?:TODO|TBD|FIXME|XXX)\b|[|~] [A-Z]{3,} (?:core|GiB|MiB|ms|seconds|logins|times)")
    pages = (*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md")

    assert {} == {page.name: held for page in pages if (held := due.findall(page.read_text(encoding="utf-8")))}

"""The page of rules tells the truth about the tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
IDS = [f"{letter}{number}" for letter, last in (("N", 23), ("R", 16), ("G", 8), ("J", 25)) for number in range(1, last + 1)]


def rules_page() -> ModuleType:
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("rules_page", ROOT / "scripts" / "rules_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_names_the_tests_that_uphold_each_rule() -> None:
    """docs/reference/rules.md is what scripts/rules_page.py would write; run that script when this fails."""
    script = rules_page()

    assert script.page() == script.PAGE.read_text(encoding="utf-8")


def test_every_rule_has_a_row() -> None:
    """No rule is forgotten: upheld or owed."""
    script = rules_page()

    listed = [row["id"] for line in script.PAGE.read_text(encoding="utf-8").splitlines() if (row := script.ROW.match(line))]

    assert IDS == listed

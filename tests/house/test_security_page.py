"""SECURITY.md names tests that are there, and none of the forty attacks is forgotten."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from scripts.defences import attacks
from scripts.rules_page import PAGE as RULES
from scripts.rules_page import ROW

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::test_\w+)?)`", PAGE)))


def rows(heading: str) -> list[list[str]]:
    """The rows of the table below a heading, cell by cell."""
    part = PAGE.split(f"{heading}\n", maxsplit=1)[1].split("\n#", maxsplit=1)[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_is_named_is_there(name: str) -> None:
    """File and function; a file that is named whole holds tests."""
    path, _, function = name.partition("::")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    tests = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}

    assert any(one.startswith("test_") for one in tests)
    assert not function or function in tests


@pytest.mark.parametrize("heading", ["### Provider", "### Partner kit", "### Sandbox", "## Clinical hazards"])
def test_every_threat_and_hazard_has_its_answer_and_its_test(heading: str) -> None:
    """No empty cell, and a test in the last."""
    listed = rows(heading)

    assert len(listed) >= 4
    assert [] == [row[0] for row in listed if not all(row) or "`tests/" not in row[-1]]


def test_every_hazard_names_rules_that_there_are() -> None:
    """By their ids; or, where no rule speaks of it, the settings that do."""
    named = {rule for row in rows("## Clinical hazards") for rule in re.findall(r"[NRG]\d+", row[2])}

    assert named
    known = {found["id"] for line in RULES.read_text(encoding="utf-8").splitlines() if (found := ROW.match(line)) is not None}
    assert set() == named - known
    assert all(re.search(r"[NRG]\d+|docs/reference/settings\.md", row[2]) for row in rows("## Clinical hazards"))


def test_no_attack_is_forgotten() -> None:
    """Each file of tests/attacks answers some threat."""
    assert [] == [path.name for path in attacks().values() if f"`tests/attacks/{path.name}`" not in PAGE]

"""Writes docs/reference/rules.md anew: which tests name which rule in their docstrings.

`python scripts/rules_page.py` rewrites the page; the house test calls `page()` and compares. The sentences and the
column *owed* are written by hand, in the page itself; the column *upheld by* is found in the tests.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "reference" / "rules.md"
RULE: Final = re.compile(r"\b(?:N\d{1,2}|R\d{1,2}|G\d|J\d{1,2})\b")
ROW: Final = re.compile(r"^\| (?P<id>[NRGJ]\d{1,2}) \| (?P<sentence>[^|]*) \| (?P<upheld>[^|]*) \| (?P<owed>[^|]*) \|$")
#: A rule that more tests name than this shows the first ones and how many more there are.
MOST_NAMED: Final = 4


def tests_of(path: Path) -> Iterator[tuple[str, str]]:
    """Pairs (rule id, test file) for every test in *path* whose docstring names a rule."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for rule in RULE.findall(ast.get_docstring(node) or ""):
                yield rule, path.relative_to(ROOT).as_posix()


def upheld() -> dict[str, list[str]]:
    """For every rule id the test files that name it, journeys first, most namings first."""
    counted: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "house" not in path.parts:
            for rule, name in tests_of(path):
                counted[rule][name] += 1
    return {
        rule: sorted(names, key=lambda name: (not name.startswith("tests/journeys"), -names[name], name))
        for rule, names in counted.items()
    }


def cell(files: list[str]) -> str:
    """The files as links from the page, the rest as a number."""
    links = ", ".join(f"[{Path(name).stem}](../../{name})" for name in files[:MOST_NAMED])
    return links + (f" and {len(files) - MOST_NAMED} more" if len(files) > MOST_NAMED else "")


def page() -> str:
    """The page as it should be."""
    found = upheld()
    lines = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if row := ROW.match(line):
            files = found.get(row["id"], [])
            owed = row["owed"] if files else (row["owed"].strip("–") or "all of it")
            lines.append(f"| {row['id']} | {row['sentence']} | {cell(files) or '–'} | {owed or '–'} |")
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)

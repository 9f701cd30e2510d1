"""The page of mutants speaks of the code as it is."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (src/\S+) \| ([0-9a-f]{16}) \|", re.MULTILINE)


def test_every_deciding_module_was_mutated_as_it_stands() -> None:
    """docs/reference/mutants.md carries the hash of each deciding module; run ./go mutants when this fails."""
    modules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]["only_mutate"]
    page = (ROOT / "docs" / "reference" / "mutants.md").read_text(encoding="utf-8")

    now = {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest()[:16] for name in modules}

    assert now == dict(ROW.findall(page))

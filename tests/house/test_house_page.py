"""The page that leads through the house says what is there: its rooms, their order, where to begin reading."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
HOUSE: Final = ROOT / "src" / "gpic"
PAGE: Final = (ROOT / "docs" / "explanation" / "house.md").read_text(encoding="utf-8")
ROWS: Final = re.findall(r"^\| `([\w./]+)` \| (.+?) \| ?(.*?) ?\|$", PAGE, re.MULTILINE)


def layers() -> list[str]:
    """The contract that import-linter keeps, from top to bottom."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (direction,) = (one for one in contracts if one["id"] == "direction")
    return list(direction["layers"])


def test_every_room_has_a_row() -> None:
    """A package or a module right below `gpic`, and no row for what is not there."""
    packages = {f"{path.name}/" for path in HOUSE.iterdir() if (path / "__init__.py").is_file()}
    modules = {path.name for path in HOUSE.glob("*.py")} - {"__init__.py", "__main__.py"}

    assert packages | modules == {name for name, _, _ in ROWS}


def test_the_order_of_the_page_is_the_contract() -> None:
    """Who may know whom, top to bottom."""
    (told,) = re.findall(r"^From top to bottom: (.+)\.$", PAGE, re.MULTILINE)

    assert layers() == [one.strip("`") for one in told.split(" > ")]


def test_a_reader_can_begin_where_the_page_says() -> None:
    """Every file that a row names is in that room; so is every folder that it speaks of."""
    missing = [
        f"{room}{name}"
        for room, what, begin in ROWS
        for name in re.findall(r"`([\w/]+(?:\.py|/))`", f"{what} {begin}")
        if not (HOUSE / room / name).exists() and not [*(HOUSE / room).glob(f"*/{name}")]
    ]

    assert [] == missing


def test_what_the_page_names_in_a_way_exists() -> None:
    """Tables, types and functions of *The way of a request* are in the code."""
    way = PAGE.split("## The way of a request")[1]
    names = {name.rstrip("()").split("(")[0].split(".")[-1] for name in re.findall(r"`([A-Za-z_.]+(?:\([^`]*\))?)`", way)}
    code = "\n".join(path.read_text(encoding="utf-8") for path in HOUSE.rglob("*.py"))

    assert [] == sorted(name for name in names if not re.search(rf"\b{name}\b", code))

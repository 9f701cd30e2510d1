"""The page on the practice mapping is true."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from gpic.gp_systems import mapping, mapping_file
from gpic.gp_systems.directory import Directory, Place
from gpic.nhs.clock import MovableClock
from gpic.nhs.organisations import OdsCode

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "practice-mapping.md").read_text(encoding="utf-8")


def test_the_page_names_every_column() -> None:
    """Those that are read, and which of them are required."""
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| (required|optional) \|", PAGE, re.MULTILINE))

    assert set(told) == mapping.COLUMNS
    assert {name for name, how in told.items() if how == "required"} == mapping.REQUIRED


def test_the_pages_example_says_what_the_page_says() -> None:
    """N19: a migration on the first of April, and a practice with an address of its own."""
    (example,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    clock = MovableClock(datetime(2031, 3, 31, 12, tzinfo=UTC))
    directory = Directory.from_csv(example, clock=clock)
    old_mill = OdsCode("B99901")

    assert Place("medicus", "https://north.medicus.example/") == directory.place_of(OdsCode("C99901"))
    assert Place("tpp") == directory.place_of(old_mill)
    clock.move(datetime(2031, 4, 1, tzinfo=UTC) - datetime(2031, 3, 31, 12, tzinfo=UTC))
    assert Place("emis") == directory.place_of(old_mill)
    assert frozenset({old_mill}) == directory.look().changed


def test_the_pages_numbers_are_the_codes() -> None:
    """The largest file, and how much of a directory may be missing."""
    assert f"{mapping_file.LARGEST_FILE // 1024**2} MiB" in PAGE
    assert ("a tenth", 0.1) == (re.findall(r"more than (a \w+) of the practices", PAGE)[0], mapping_file.MOST_LOST)

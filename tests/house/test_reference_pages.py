"""The pages of the reference say what the code says, and everything that can be set, asked or told stands on them."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from gpic.provider.scopes import SCOPES
from gpic.settings import ROOMS, Settings
from gpic.simulators.faults import Kind
from scripts import reference_pages
from scripts.reference import ports, words

REFERENCE = reference_pages.REFERENCE
#: Written by hand, or by scripts with tests of their own.
OTHERS = {"index.md", "rules.md", "mutants.md", "lifecycle.md", "medicus-contract.md", "practice-mapping.md"}


@pytest.mark.parametrize("name", reference_pages.PAGES)
def test_the_page_is_fresh(name: str) -> None:
    """`python -m scripts.reference_pages` writes it anew."""
    written = (REFERENCE / name).read_text(encoding="utf-8")

    assert reference_pages.PAGES[name]() == written, "run .venv/bin/python -m scripts.reference_pages"


def test_no_page_is_printed_by_nobody() -> None:
    """A page of the reference is in the table, or named here with a reason."""
    there = {path.name for path in REFERENCE.iterdir()}

    assert there == OTHERS | set(reference_pages.PAGES)


def test_every_group_of_settings_has_a_table() -> None:
    """The groups of Settings, each with its own section."""
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")

    assert set(ROOMS) == {one.name for one in fields(Settings)}
    assert [] == [room for room in ROOMS if f"## `[{room}]`" not in page]


def test_every_setting_has_a_meaning() -> None:
    """A `#:` comment beside the field, or a line in SAID_HERE of scripts/reference/settings.py."""
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")

    assert [] == re.findall(r"^\| `(\w+)` .* \| – \|$", page, re.MULTILINE)


def test_every_scope_and_every_kind_of_fault_has_a_row() -> None:
    """By its name."""
    scopes, faults = ((REFERENCE / name).read_text(encoding="utf-8") for name in ("scopes.md", "faults.md"))

    assert list(SCOPES) == re.findall(r"^\| `(\w+)` \| .* \| P\d \|$", scopes, re.MULTILINE)
    assert [] == [kind for kind in Kind if f"| `{kind.value}` |" not in faults]


def test_every_contract_suite_that_the_page_of_ports_names_is_there() -> None:
    """And every port that it speaks of."""
    there = {f"{module.__name__}.{port.__name__}" for _, module in ports.ROOMS for port in ports.protocols(module)}
    suites = {path.stem for path in (Path(__file__).parents[1] / "ports").glob("test_*.py")}

    assert set() == set(ports.SUITES) - there
    assert set() == set(ports.SUITES.values()) - suites


class Sample:
    """A class as ours are written."""

    plain: int = 1
    beside: int = 2  #: beside it
    #: before it,
    #: on two lines
    before: tuple[int, ...] = (
        1,
        2,
    )
    wrapped: str = (
        "a"
    )  #: behind the bracket  # fmt: skip
    last: int = 3


def test_comments_of_fields_are_read_wherever_they_stand() -> None:
    """Before the field, beside it, or behind a wrapped default."""
    assert {
        "beside": "beside it",
        "before": "before it, on two lines",
        "wrapped": "behind the bracket  # fmt: skip",
    } == words.meanings(Sample)

"""The page of assumptions says what the register says, and the register what the stand-ins can do (G8)."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import fields, is_dataclass

import pytest

from gpic import simulators
from gpic.simulators.assumptions import ASSUMPTIONS, Assumption
from scripts import assumptions_page


def test_the_page_of_assumptions_is_true() -> None:
    """It is printed from the register; `python scripts/assumptions_page.py` writes it anew."""
    assert assumptions_page.page() == assumptions_page.PAGE.read_text(encoding="utf-8")


def test_every_assumption_is_named_once() -> None:
    """By an id, with a guess and what speaks for it."""
    ids = [entry.id for entry in ASSUMPTIONS]

    assert sorted(set(ids)) == sorted(ids)
    assert [] == [entry.id for entry in ASSUMPTIONS if not (entry.guess and entry.evidence)]


def test_an_assumption_has_a_switch_or_says_why_not() -> None:
    """A switch has two positions at least, each with a name of its own."""
    assert [] == [entry.id for entry in ASSUMPTIONS if bool(entry.switch) == bool(entry.fixed)]
    assert [] == [entry.id for entry in ASSUMPTIONS if entry.switch and len(set(entry.positions)) < 2]


def everything() -> dict[str, object]:
    """What the stand-ins define, by name."""
    found: dict[str, object] = {}
    for module in pkgutil.walk_packages(simulators.__path__, "gpic.simulators."):
        found.update(vars(importlib.import_module(module.name)))
    return found


DEFINED = everything()


@pytest.mark.parametrize("entry", [entry for entry in ASSUMPTIONS if entry.switch], ids=lambda entry: entry.id)
def test_every_switch_is_there(entry: Assumption) -> None:
    """A field, or a parameter of something that can be called, by its very name."""
    place, _, parameter = entry.switch.removesuffix(")").partition("(")
    owner, _, name = place.partition(".")
    there = DEFINED[owner]
    if parameter:
        assert parameter in inspect.signature(getattr(there, name) if name else there).parameters  # type: ignore[arg-type]
    else:
        assert is_dataclass(there)
        assert name in {field.name for field in fields(there)}


def test_every_open_point_of_the_facts_is_answered() -> None:
    """G8: the twelve that are open about GP systems, and the twelve about demographics."""
    answered = {point for entry in ASSUMPTIONS for point in entry.points}

    assert {f"gp-systems.md §11.{number}" for number in range(1, 13)} <= answered
    assert {f"demographics.md §7.{number}" for number in range(1, 13)} <= answered


def test_every_assumption_that_the_facts_mark_can_be_decided_otherwise() -> None:
    """G8: those of §10, where the words "my assumption", "assumption" or "unknown" stand; each has a switch."""
    marked = {"EMIS 5", "EMIS 8", "EMIS 9", "TPP 4", "TPP 5"}
    switched = {point for entry in ASSUMPTIONS if entry.switch for point in entry.points}

    assert {f"gp-systems.md §10 {one}" for one in marked} <= switched

"""The page of errors is the table of errors."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

from gpic.provider import errors
from gpic.provider.authorize.checks import CHECKS
from gpic.provider.authorize.prompts import PROMPTS
from gpic.provider.errors import Refusal
from tests.unit.provider.error_cases import CASES

ROOT = Path(__file__).resolve().parents[2]
AUTHORIZE = ROOT / "src" / "gpic" / "provider" / "authorize"
SLUG = re.compile(r"\| `([a-z0-9-]+)` \|$", re.MULTILINE)


def script() -> ModuleType:
    """What writes the page."""
    spec = importlib.util.spec_from_file_location("authorize_errors", ROOT / "scripts" / "authorize_errors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date() -> None:
    """docs/reference/authorize-errors.md is what scripts/authorize_errors.py would write; run that script when this fails."""
    writer = script()

    assert writer.page() == writer.PAGE.read_text(encoding="utf-8")


def test_every_row_names_a_test_that_is_run() -> None:
    """The test exists, runs over the whole table, and the page has a row for each of its cases."""
    writer = script()
    tree = ast.parse((ROOT / writer.TEST_FILE).read_text(encoding="utf-8"))
    (test,) = [node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef) and node.name == writer.TEST]
    table = writer.PAGE.read_text(encoding="utf-8")

    assert "pytest.mark.parametrize('case', CASES, ids=lambda case: case.slug)" in map(ast.unparse, test.decorator_list)
    assert sorted(case.slug for case in CASES) == sorted(SLUG.findall(table))


def raising(path: Path) -> set[str]:
    """The functions of a module that raise a refusal of ours themselves."""
    names = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Refusal)}
    found = set()
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            raised = {
                part.id for node in ast.walk(function) if isinstance(node, ast.Raise) for part in ast.walk(node)
                if isinstance(part, ast.Name)
            }  # fmt: skip
            found |= {function.name} if raised & names else set()
    return found


def test_every_rule_that_refuses_has_a_row() -> None:
    """Nobody adds a refusal without a trigger, a sentence and a test."""
    rules = {rule.__name__ for rule in CHECKS} | {rule.is_needed.__name__ for rule in PROMPTS}
    # `_must_be_present` is called by two rules, `_only` by `address`, `_waiting` by `find_kept`; `find` belongs to the pages
    # and `_finish` to whoever answers twice.
    rules |= {name for path in AUTHORIZE.glob("*.py") for name in raising(path)}

    assert set() == rules - {case.rule for case in CASES} - {"_must_be_present", "_only", "_waiting", "find", "_finish"}

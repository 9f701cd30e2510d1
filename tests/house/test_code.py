"""How we write: sizes, names, docstrings of tests, fakes instead of mocks."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 45
BANNED = re.compile(r"(?<![a-z])(managers?|helpers?|utils?|base|common|services?|handlers?|data|info)(?![a-z])")
#: Names that a library or a specification gives us.
GIVEN = {
    "base64url",  # RFC 4648 §5
    "partner_service",  # "service" is NHS login's own word for what a partner runs
    "metadata",
}
#: "Online services" is what general practice calls them.
ONLINE_SERVICES = re.compile(r"(?:online_)?services_(?:are_)?o(?:n|ff)|services_off|ONLINE_SERVICES")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> list[Path]:
    """The Python files of these folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def functions(path: Path) -> Iterator[Function]:
    """Every function of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    """Lines from `def` to the end, without the docstring."""
    first = function.body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def test_no_file_is_longer_than_a_reader_bears() -> None:
    """Files stay under 400 lines."""
    long = [
        str(path)
        for path in sources("src", "tests", "scripts", "benchmarks")
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE
    ]

    assert [] == long


def test_no_function_is_longer_than_a_screen() -> None:
    """Functions stay under 45 lines, docstring apart."""
    long = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"
        for path in sources("src", "scripts")
        for function in functions(path)
        if length(function) > LONGEST_FUNCTION
    ]

    assert [] == long


def names(path: Path) -> Iterator[str]:
    """Module, classes and functions of a file, in words."""
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function | ast.ClassDef):
            yield node.name


def test_names_are_words_of_the_domain() -> None:
    """No drawer called helper, no manager, no service."""
    vague = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources("src")
        for name in names(path)
        if name not in GIVEN
        and not ONLINE_SERVICES.search(name)
        and BANNED.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())
    ]

    assert [] == vague


def test_every_test_states_its_behaviour() -> None:
    """Each test has a docstring."""
    silent = [
        f"{path.relative_to(ROOT)}: {function.name}"
        for path in sources("tests")
        for function in functions(path)
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]

    assert [] == silent


@pytest.mark.parametrize("word", ["unittest.mock", "mocker", "MagicMock"])
def test_fakes_are_never_mocks(word: str) -> None:
    """Implementations behind ports are real ones or honest fakes."""
    users = [
        path.name
        for path in sources("tests", "src")
        if word in path.read_text(encoding="utf-8") and path.name != "test_code.py"
    ]

    assert [] == users


@pytest.mark.parametrize("path", sources("src"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_any_lives_only_where_foreign_words_are_read(path: Path) -> None:
    """`Any` is for wire.py; everywhere else the type is known."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    uses = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "Any"]

    assert path.name == "wire.py" or uses == []


def test_no_async_test_draws_while_it_runs() -> None:
    """Hypothesis ends a draw with what is no Exception, and that ends the loop in which every later test would run."""
    drawing = [
        f"{path.name}: {function.name}"
        for path in sources("tests")
        for function in functions(path)
        if isinstance(function, ast.AsyncFunctionDef)
        and any("st.data()" in ast.unparse(decorator) for decorator in function.decorator_list)
    ]

    assert [] == drawing

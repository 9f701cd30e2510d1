"""The benchmarks measure what is run in production, and their gate shuts."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from benchmarks.__main__ import QUESTIONS, fallen
from benchmarks.frame import Figure, compared, medians
from benchmarks.town import Town, settings_of
from gpic.credentials.policy import CredentialsPolicy
from gpic.jose.keys import SigningKey
from gpic.provider.policy import Profile, ProviderPolicy
from gpic.settings import Settings
from gpic.wiring.process_file import read

pytestmark = pytest.mark.anyio

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"


def test_what_is_measured_is_what_runs_in_production(tmp_path: Path) -> None:
    """Nothing but addresses and files differs from the defaults; nothing is switched off or cached for longer."""
    town = Town(tmp_path, 8000, SigningKey.generate(), 0)
    (tmp_path / "mapping.csv").write_text("PRACTICE_CODE,SUPPLIER_NAME\n", encoding="utf-8")
    (tmp_path / "pds.pem").write_text(town.key.private_pem, encoding="ascii")
    path = tmp_path / "provider.toml"
    path.write_text(settings_of(town), encoding="utf-8")
    file = read(path, {})

    ours, usual = file.settings, Settings(ProviderPolicy(town.issuer), CredentialsPolicy())
    for group in fields(Settings):
        mine, default = getattr(ours, group.name), getattr(usual, group.name)
        differing = {one.name for one in fields(mine) if getattr(mine, one.name) != getattr(default, one.name)}
        assert differing <= {"issuer", "database", "sealing_keys"}, group.name
    assert Profile.STRICT is ours.provider.profile


def test_floors_share_no_code_with_what_they_are_held_against() -> None:
    """Or a slow part would slow both, and nobody would see it."""
    tree = ast.parse((BENCHMARKS / "floors.py").read_text(encoding="utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}

    assert not [name for name in imported if name.startswith(("gpic", "benchmarks"))]


@pytest.mark.parametrize(
    ("figure", "is_told"),
    [
        (Figure("a", 0.85, 1, 1), False),
        (Figure("a", 0.849, 1, 1), True),
        (Figure("a", 2, 1, 1), False),
        (Figure("of which nothing is known", 0.1, 1, 1), False),
    ],
)
def test_the_gate_is_shut_where_a_ratio_has_fallen_by_more_than_a_seventh(figure: Figure, is_told: bool) -> None:  # noqa: FBT001
    """By more than 15 %."""
    assert is_told == bool(fallen([figure], {"a": 1.0}))


async def test_pairs_are_measured_in_turn_and_the_first_is_not_counted() -> None:
    """The median of the ratios, not the ratio of the medians."""
    ours, other = iter([1000.0, 1, 2, 3, 4, 5]), iter([1.0, 1, 1, 3, 1, 1])

    async def mine() -> float:
        return next(ours)

    async def against() -> float:
        return next(other)

    assert Figure("a", 2, 3, 1) == await compared("a", mine, against)
    assert (2, 3, 1) == medians([(1, 1), (2, 1), (3, 3), (4, 1), (5, 1)])


def test_every_question_has_its_file() -> None:
    """One file a question, by its name."""
    assert set(QUESTIONS) <= {path.stem for path in BENCHMARKS.glob("*.py")}

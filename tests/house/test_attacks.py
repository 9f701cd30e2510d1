"""Each attack of the list has its file, and each file says which lines of defence were taken out."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.defences import attacks, defences

ALL = range(1, 41)


def test_all_forty_attacks_are_tried() -> None:
    """One file each, numbered as in the list."""
    assert list(ALL) == list(attacks())


@pytest.mark.parametrize("path", attacks().values(), ids=lambda path: path.stem)
def test_every_line_of_defence_that_is_named_stands_where_it_is_said_to(path: Path) -> None:
    """Exactly once in its file: `./go defences` takes it out and sees the attack succeed."""
    named = defences(path)

    assert named
    assert [] == [(cut.path, cut.lines) for cuts in named for cut in cuts if not cut.lines or cut.times() != 1]

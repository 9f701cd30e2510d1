"""Whatever comes from outside is read or refused: no crash, no 500, no second of a processor, no memory without end.

A short slice of what `./go fuzz` does for ten minutes; here the inputs are the same each time.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.fuzz import files, partner, passkeys, provider, suppliers
from tests.fuzz.target import KEPT, Grows, Hangs, Target, fuzz

TARGETS: dict[str, Target] = {
    one.name: one for one in (*provider.TARGETS, *partner.TARGETS, *suppliers.TARGETS, *files.TARGETS, *passkeys.TARGETS)
}
SLICE = 40


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_that_is_sent_breaks_its_reader(name: str) -> None:
    """The first inputs of a run, by a seed that stays."""
    fuzz(TARGETS[name], SLICE)


@pytest.mark.parametrize("path", sorted(KEPT.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_broke_a_reader_once_does_not_break_it_again(path: Path) -> None:
    """Every input that a run has kept."""
    TARGETS[path.parent.name].survives(path.read_bytes())


def test_a_crash_is_found_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the tests above would show nothing: the smallest input that breaks a reader stays in a file."""
    monkeypatch.setattr("tests.fuzz.target.KEPT", tmp_path)

    def reads_badly(data: bytes) -> None:
        if b"x" in data:
            raise KeyError("x")
        raise ValueError

    broken = Target("broken", st.binary(), reads_badly, (ValueError,))
    with pytest.raises(KeyError):
        fuzz(broken, 3_000)
    (kept,) = (tmp_path / "broken").iterdir()

    assert b"x" == kept.read_bytes()


def test_what_takes_long_and_what_grows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of a processor, and a bound on memory."""
    with monkeypatch.context() as patch:
        patch.setattr("tests.fuzz.target.LONGEST", 0.0)
        with pytest.raises(Hangs):
            Target("slow", st.just(b""), lambda _: sum(range(100_000))).survives(b"")
    heap: list[bytearray] = []
    monkeypatch.setattr("tests.fuzz.target.LARGEST", 2**20)
    large = Target("large", st.binary(), lambda _: heap.append(bytearray(b"x") * 2**23))
    with pytest.raises(Grows):
        fuzz(large, 60)

"""The directory's file while the system runs: a new one comes into force whole, a broken one not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpic.gp_systems import mapping_file
from gpic.gp_systems.directory import Reloaded
from gpic.gp_systems.mapping import MappingInvalid
from gpic.gp_systems.mapping_file import FileUnreadable, LeftAsItWas, MappingFile
from gpic.nhs.clock import MovableClock
from gpic.nhs.organisations import OdsCode

A, B = OdsCode("A12345"), OdsCode("B12345")
BOTH = "PRACTICE_CODE,SUPPLIER_NAME\nA12345,EMIS\nB12345,TPP\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A mapping file of two practices."""
    file = tmp_path / "mapping.csv"
    file.write_text(BOTH, encoding="utf-8")
    return file


def suppliers(file: MappingFile) -> tuple[str | None, str | None]:
    """What is in force for both practices."""
    return file.directory.supplier_of(A), file.directory.supplier_of(B)


def test_a_new_file_comes_into_force(path: Path) -> None:
    """N19: and tells whose system is another now, so that their patients are followed."""
    file = MappingFile(path)
    path.write_text(BOTH.replace("TPP", "Medicus"), encoding="utf-8")

    assert Reloaded(frozenset({B})) == file.reload()
    assert ("emis", "medicus") == suppliers(file)


def test_the_same_file_on_a_later_day_tells_what_the_day_changed(path: Path) -> None:
    """N19: dated lines; the world clock decides which day it is."""
    path.write_text("PRACTICE_CODE,SUPPLIER_NAME,FROM\nA12345,EMIS,\nA12345,TPP,2031-04-02\nB12345,TPP,\n", encoding="utf-8")
    clock = MovableClock(datetime(2031, 4, 1, tzinfo=UTC))
    file = MappingFile(path, clock=clock)

    assert Reloaded(frozenset()) == file.reload()
    clock.move(timedelta(days=1))
    assert Reloaded(frozenset({A})) == file.reload()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no column"),
        (b"PRACTICE_CODE,SUPPLIER_NAME\nA12345,TPP\nB123", "line 3"),
        (b"PRACTICE_CODE,SUPPLIER_NAME\nA12345,TPP\nB12345,\xff\n", "not UTF-8"),
        (b"PK\x03\x04", "UTF-8|no column"),
        (b"PRACTICE_CODE,SUPPLIER_NAME\nA12345,TPP\n", "lacks 1 of the 2 practices"),
        (b"PRACTICE_CODE,SUPPLIER_NAME\n", "lacks 2 of the 2 practices"),
    ],
)
def test_a_broken_file_leaves_the_old_one_in_force(
    path: Path, content: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And says so, to whoever asked for it and in the log; half a download would withdraw every other patient."""
    file = MappingFile(path)
    path.write_bytes(content)

    answer = file.reload()

    assert isinstance(answer, LeftAsItWas)
    assert any(part in answer.why for part in why.split("|"))
    assert answer.why in caplog.text
    assert "the old one stays in force" in caplog.text
    assert ("emis", "tpp") == suppliers(file)


def test_a_file_that_is_gone_leaves_the_old_one_in_force(path: Path) -> None:
    """Between the removal of the old and the writing of the new."""
    file = MappingFile(path)
    path.unlink()

    assert LeftAsItWas("it cannot be read (No such file or directory)") == file.reload()
    assert ("emis", "tpp") == suppliers(file)


def test_an_operator_may_mean_that_many_are_gone(path: Path) -> None:
    """Said in so many words, the shorter file counts."""
    file = MappingFile(path)
    path.write_text("PRACTICE_CODE,SUPPLIER_NAME\nA12345,EMIS\n", encoding="utf-8")

    assert Reloaded(frozenset({B})) == file.reload(losing_many=True)
    assert ("emis", None) == suppliers(file)


def test_a_few_practices_may_close(path: Path) -> None:
    """One in ten, as every month some do."""
    many = [f"C{number:05},EMIS" for number in range(20)]
    path.write_text("\n".join(["PRACTICE_CODE,SUPPLIER_NAME", *many]), encoding="utf-8")
    file = MappingFile(path)
    path.write_text("\n".join(["PRACTICE_CODE,SUPPLIER_NAME", *many[2:]]), encoding="utf-8")

    assert Reloaded(frozenset({OdsCode("C00000"), OdsCode("C00001")})) == file.reload()


def test_a_file_beyond_all_measure_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever somebody put there."""
    file = MappingFile(path)
    monkeypatch.setattr(mapping_file, "LARGEST_FILE", len(BOTH) - 1)

    assert LeftAsItWas(f"it is larger than {len(BOTH) - 1} bytes") == file.reload()
    monkeypatch.setattr(mapping_file, "LARGEST_FILE", len(BOTH))
    assert Reloaded(frozenset()) == file.reload()


def test_nothing_starts_without_a_directory(tmp_path: Path) -> None:
    """The first reading must succeed."""
    with pytest.raises(FileUnreadable):
        MappingFile(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(MappingInvalid):
        MappingFile(tmp_path / "empty.csv")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda rest: BOTH.encode() + rest))
def test_whatever_is_in_the_file_both_old_practices_stay(path: Path, content: bytes) -> None:
    """No bytes make a reload raise, or lose what is not replaced."""
    path.write_text(BOTH, encoding="utf-8")
    file = MappingFile(path)
    path.write_bytes(content)

    assert isinstance(file.reload(), Reloaded | LeftAsItWas)
    assert {A, B} <= file.directory.practices()

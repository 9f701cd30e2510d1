"""A sandbox kept as one value: in a file of its owner's alone, whole or not at all."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from gpic.sandbox import kept as keeping
from gpic.sandbox.kept import Kept, KeptInvalid

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def kept(**changes: object) -> Kept:
    """A small one."""
    whole = Kept(
        world={"version": 1},
        world_at=NOON + timedelta(days=3),
        wire_at=NOON,
        frozen=False,
        files={"provider.sqlite": b"rows", "provider.keys": b"k1", "elsewhere": b"x"},
        switches={"EmisSwitches.generation": "older"},
        faults=[],
        visitors={},
    )
    return msgspec.structs.replace(whole, **changes)


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    """And nobody else may read the file, nor what is laid out from it."""
    file, folder = tmp_path / "state", tmp_path / "act"
    folder.mkdir()
    keeping.save(kept(), file)
    read = keeping.read(file)
    assert read is not None
    read.lay_out(folder)

    assert kept() == read
    assert {"provider.sqlite", "provider.keys"} == {path.name for path in folder.iterdir()}
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in (file, *folder.iterdir())}
    assert [file.name, folder.name] == sorted((path.name for path in tmp_path.iterdir()), reverse=True)


def test_without_a_file_there_is_nothing(tmp_path: Path) -> None:
    """A first start."""
    assert None is keeping.read(tmp_path / "none")


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", msgspec.msgpack.encode({"version": 1}), msgspec.msgpack.encode(kept(version=2))]
)
def test_what_is_no_sandbox_of_ours_is_refused(tmp_path: Path, content: bytes) -> None:
    """Without repeating what it holds."""
    (tmp_path / "state").write_bytes(content)
    with pytest.raises(KeptInvalid, match="no sandbox"):
        keeping.read(tmp_path / "state")


def test_the_world_clock_goes_on_as_far_ahead_as_it_was() -> None:
    """Or still stands, where it was frozen."""
    ahead = kept().clock().now() - datetime.now(UTC)

    assert timedelta(days=3) - timedelta(seconds=5) < ahead <= timedelta(days=3)
    assert NOON + timedelta(days=3) == kept(frozen=True).clock().now()
    assert kept(frozen=True).clock().is_frozen


def test_a_database_is_copied_while_others_write(tmp_path: Path) -> None:
    """One state of it, with what lies in the write-ahead log."""
    path = tmp_path / "provider.sqlite"
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE t (x)")
        writer.execute("INSERT INTO t VALUES (1)")
        writer.commit()
        writer.execute("INSERT INTO t VALUES (2)")
        copies = keeping.files_in(tmp_path)
    (tmp_path / "copy").write_bytes(copies["provider.sqlite"])

    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        assert [(1,)] == copy.execute("SELECT x FROM t").fetchall()


def test_a_kept_sandbox_shows_nothing_of_what_it_holds() -> None:
    """It may stand in a traceback."""
    assert "Kept(2030-01-04 12:00)" == repr(kept())

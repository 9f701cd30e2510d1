"""Several processes may open a new SQLite file at the same moment."""

from __future__ import annotations

import contextlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gpic.storage.wal import turn_to_wal


def turned(path: Path) -> str:
    """The mode of the journal, once it is turned."""
    with contextlib.closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as database:
        turn_to_wal(database, 10)
        return str(database.execute("PRAGMA journal_mode").fetchone()[0])


def test_several_may_turn_a_new_file_at_once(tmp_path: Path) -> None:
    """SQLite itself does not wait there; we do."""
    for number in range(100):
        with ThreadPoolExecutor(8) as threads:
            assert {"wal"} == set(threads.map(turned, [tmp_path / f"{number}.sqlite"] * 8))


def test_who_never_gets_it_is_told(tmp_path: Path) -> None:
    """Patience ends; nothing waits for ever."""
    with (
        contextlib.closing(sqlite3.connect(tmp_path / "one.sqlite", isolation_level=None)) as holder,
        contextlib.closing(sqlite3.connect(tmp_path / "one.sqlite", timeout=0, isolation_level=None)) as late,
    ):
        holder.execute("BEGIN EXCLUSIVE")

        with pytest.raises(sqlite3.OperationalError, match="locked"):
            turn_to_wal(late, 0.05)

"""Turning a new SQLite file to its write-ahead log, where several processes open it at the same moment."""

from __future__ import annotations

import sqlite3
import time
from typing import Final

PAUSE: Final = 0.01  #: seconds between two tries


def turn_to_wal(database: sqlite3.Connection, patience: float) -> None:
    """Let readers read while one writes; waits up to *patience* seconds. Raises sqlite3.OperationalError.

    SQLite itself does not wait for whoever does the same, whatever the connection's timeout.
    """
    until = time.monotonic() + patience
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as failure:
            if failure.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        else:
            return

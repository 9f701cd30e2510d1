"""The partner kit's cabinets in one SQLite file, for any number of processes on one machine."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from gpic.relying_party.ports import Cabinets
from gpic.storage.partner import sql
from gpic.storage.partner.cabinets import cabinets_in
from gpic.storage.partner.units import Rows, Transaction, Value
from gpic.storage.sealing import Sealer
from gpic.storage.wal import turn_to_wal

T = TypeVar("T")

PATIENCE: Final = 10.0  #: seconds to wait for another process's transaction


@dataclass(frozen=True, slots=True)
class InFile:
    """A transaction that has the file for itself."""

    database: sqlite3.Connection

    def run(self, statement: str, **values: Value) -> Rows:
        """Run one statement, its parameters by name."""
        return self.database.execute(statement, values)


class File:
    """One SQLite file; each unit of work is one transaction that writers queue for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with contextlib.closing(self._open()) as database:
            turn_to_wal(database, PATIENCE)
            schema = "; ".join(sql.SCHEMA)
            database.executescript(f"BEGIN IMMEDIATE; {schema}; PRAGMA user_version = {sql.VERSION}; COMMIT")

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Do *work* in one transaction, in a thread. A commit is on the disk when it returns."""
        return await asyncio.to_thread(self._transaction, work)

    def _transaction(self, work: Callable[[Transaction], T]) -> T:
        with contextlib.closing(self._open()) as database:
            database.execute("BEGIN IMMEDIATE")
            done = work(InFile(database))
            database.execute("COMMIT")  # an exception closes the connection, which rolls back
            return done

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None)
        database.execute("PRAGMA synchronous = FULL")  # an intent must survive the machine (R2)
        return database


def sqlite_cabinets(path: Path, sealer: Sealer) -> Cabinets:
    """All three in one file, which is made where it is missing."""
    return cabinets_in(File(path), sealer)

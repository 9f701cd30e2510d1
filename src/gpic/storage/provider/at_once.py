"""Units of work that nobody has to wait for, done where they are asked: a hop to another thread costs more than they do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from types import MappingProxyType
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from gpic.storage.provider.wire import Ready

Result = TypeVar("Result")

#: The execution option that tells the engine's `begin` whether this transaction writes.
WRITES: Final = "gpic_writes"
#: Where a connection remembers which tables this transaction has swept: once is enough.
SWEPT: Final = "gpic_swept"
WOULD_WAIT: Final = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED"})
#: Units that wrote between two checkpoints, which copy the log into the file and wait for the disk.
BETWEEN_CHECKPOINTS: Final = 250


NOTHING: Final[Mapping[str, object]] = MappingProxyType({})
BEGIN_TO_WRITE: Final = Ready(text("BEGIN IMMEDIATE"))
BEGIN_TO_LOOK: Final = Ready(text("BEGIN"))
COMMIT: Final = Ready(text("COMMIT"))


class WouldWait(Exception):
    """Somebody else has the file, or this connection: nothing was done, and a thread that may wait shall do it."""


class AtOnce:
    """One connection of a SQLite file that waits for nothing: neither for a lock nor, at a commit, for the disk.

    The engine's connections must have a timeout of 0 and begin nothing by themselves. Checkpoints, which do wait for the disk,
    are *asked_for*; while the last one is still under way when the next is due, whoever writes waits in line behind it, so
    that the log cannot grow for ever.
    """

    def __init__(self, engine: Engine, asked_for: Callable[[], Future[None]]) -> None:
        self._engine = engine
        self._asked_for = asked_for
        self._free = threading.Lock()
        self._kept: Connection | None = None
        self._written = 0
        self._checkpoint: Future[None] | None = None

    def run(self, work: Callable[[Connection], Result], *, writes: bool, units: int = 1) -> Result:
        """As one transaction; raises WouldWait where it cannot be begun now, and what *work* raises."""
        return self._with_connection(partial(self._run, work, writes=writes, units=units), writes=writes)

    def ask(self, work: Callable[[Connection], Result]) -> Result:
        """Run *work*, which asks one statement and reads all of its answer: one state without a transaction of ours."""
        return self._with_connection(lambda: work(self._connection()), writes=False)

    def _with_connection(self, work: Callable[[], Result], *, writes: bool) -> Result:
        if not self._free.acquire(blocking=False):
            raise WouldWait
        try:
            return work()
        except DBAPIError as failure:
            self._let_go()
            if not writes and getattr(failure.orig, "sqlite_errorname", "") in WOULD_WAIT:
                raise WouldWait from failure
            raise
        finally:
            self._free.release()

    def close(self) -> None:
        """Let go of the file, once whoever has the connection is done."""
        with self._free:
            self._let_go()
        self._engine.dispose()

    def _run(self, work: Callable[[Connection], Result], *, writes: bool, units: int) -> Result:
        if writes:
            self._keep_the_log_short()
        connection = self._connection()
        connection.info[SWEPT] = set()
        try:
            (BEGIN_TO_WRITE if writes else BEGIN_TO_LOOK).run(connection, NOTHING)
        except DBAPIError as failure:
            if getattr(failure.orig, "sqlite_errorname", "") in WOULD_WAIT:
                raise WouldWait from failure
            raise
        try:
            result = work(connection)
            COMMIT.run(connection, NOTHING)
        except BaseException:
            _rolled_back(connection)
            raise
        if connection.in_transaction():  # SQLAlchemy has run something, too, and is told that this is over
            connection.rollback()
        self._written += units if writes else 0
        return result

    def _keep_the_log_short(self) -> None:
        if self._written < BETWEEN_CHECKPOINTS:
            return
        if self._checkpoint is not None and not self._checkpoint.done():
            raise WouldWait
        self._checkpoint, self._written = self._asked_for(), 0

    def _connection(self) -> Connection:
        if self._kept is None:
            self._kept = self._engine.connect()
            self._kept.exec_driver_sql("PRAGMA wal_autocheckpoint = 0")
            self._kept.rollback()
        return self._kept

    def _let_go(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def _rolled_back(connection: Connection) -> None:
    connection.rollback()  # what SQLAlchemy began
    driver = connection.connection.dbapi_connection
    if driver is not None:
        driver.rollback()


def checkpoint(engine: Engine) -> None:
    """Copy the log into the file, for a thread that may wait; who writes meanwhile waits, or the log would never end."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(RESTART)")

"""A database and its threads: every unit of work is one function, one hop to a thread, one transaction."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Final, TypeVar

import alembic.command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Delete, Engine, Table, Update, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from gpic.provider.ports import CabinetSilent
from gpic.storage.provider.at_once import SWEPT, WRITES, AtOnce, WouldWait, checkpoint
from gpic.storage.provider.together import Together
from gpic.storage.provider.wire import Ready

Result = TypeVar("Result")

LOG: Final = logging.getLogger("gpic.storage")
MIGRATIONS: Final = Path(__file__).resolve().parent.parent / "migrations"
#: How many expired rows one unit of work may clear away beside its own business.
SWEEP: Final = 32
#: What PostgreSQL says when a unit could not run as if alone, or two stood in each other's way: nothing of it was done.
BEGIN_ANEW: Final = frozenset({"40001", "40P01"})
#: What a database says when it cannot serve now: connections lost, resources gone, shut down, locked or out of time.
SILENT_CLASSES: Final = frozenset({"08", "53", "57"})
LOCK_NOT_AVAILABLE: Final = "55P03"
SILENT_ON_SQLITE: Final = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN"})
#: How often a unit is begun anew, and the longest pause before it, in seconds.
MOST_BEGINNINGS: Final = 12
LONGEST_PAUSE: Final = 0.2
#: Names the lock under which one process at a time migrates.
MIGRATING: Final = 0x67706963


class Database:
    """An engine with a thread for units of work that write and a few for those that only look.

    SQLite admits one writer at a time; waiting in our own line is fairer and quicker than its polling. With *impatient*, an
    engine of the same file that waits for no lock, whatever need not wait is done at once, and units that are asked for at
    the same moment are committed together.
    A unit that was begun is finished, whether or not its caller still waits.
    """

    def __init__(self, engine: Engine, *, writers: int, readers: int, impatient: Engine | None = None) -> None:
        self.engine = engine
        self._options: dict[str, str] = {}
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="gpic-writes")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="gpic-looks")
        self._at_once: AtOnce | None = None
        self._together: Together | None = None
        if impatient is not None:
            self._at_once = AtOnce(impatient, partial(self._writers.submit, checkpoint, engine))
            self._together = Together(self._at_once, self._later, self._told)

    async def unit(self, work: Callable[[Connection], Result], *, long: bool = False) -> Result:
        """Run *work* in a transaction that may write; committed when it returns, rolled back when it raises.

        *long* is said of what touches many rows, which nobody else shall have to wait for.
        """
        if self._together is not None and not long:
            return await self._together.unit(work)
        return await asyncio.get_running_loop().run_in_executor(self._writers, self.unit_here, work)

    async def look(self, work: Callable[[Connection], Result], *, long: bool = False) -> Result:
        """Run *work*, which only reads, on one state of the database; *long* as for `unit`."""
        if self._at_once is not None and not long:
            with contextlib.suppress(WouldWait):
                return self._told(partial(self._at_once.run, work, writes=False))
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._in_transaction, work, False)  # noqa: FBT003 - run_in_executor passes by position only

    async def ask(self, work: Callable[[Connection], Result]) -> Result:
        """As `look`, of *work* that asks one statement and reads all of its answer: cheaper, and one state by itself."""
        if self._at_once is not None:
            with contextlib.suppress(WouldWait):
                return self._told(partial(self._at_once.ask, work))
        return await self.look(work, long=True)

    async def change(self, statement: Update | Delete) -> int:
        """Run one statement as a unit of its own; how many rows it touched."""
        return await self.unit(lambda connection: connection.execute(statement).rowcount)

    def unit_here(self, work: Callable[[Connection], Result]) -> Result:
        """As `unit`, in the calling thread."""
        return self._in_transaction(work, True)  # noqa: FBT003 - see look

    def _later(self, work: Callable[[Connection], object]) -> Future[object]:
        return self._writers.submit(self.unit_here, work)

    def with_isolation(self, level: str) -> Database:
        """The same engine and threads, whose writing units run at another isolation level."""
        other = copy.copy(self)
        other._options = {"isolation_level": level}  # noqa: SLF001 - of our own kind
        return other

    def row_by_row(self) -> Database:
        """For units that lock every row they decide by: PostgreSQL need not keep watch over what else they read.

        Where it does, the neighbours in a small table stand in one another's way, and a crowd is begun anew again and again.
        """
        return self.with_isolation("READ COMMITTED") if self.engine.dialect.name == "postgresql" else self

    def _in_transaction(self, work: Callable[[Connection], Result], writes: bool) -> Result:  # noqa: FBT001 - see look
        return self._told(partial(self._begun_anew, work, writes=writes))

    @staticmethod
    def _told(work: Callable[[], Result]) -> Result:
        """Raises CabinetSilent where the database cannot serve now; whatever else fails is the caller's to know."""
        try:
            return work()
        except NoConnectionFree as failure:
            raise CabinetSilent from failure
        except DBAPIError as failure:
            if is_silence(failure):
                raise CabinetSilent from failure
            raise

    def _begun_anew(self, work: Callable[[Connection], Result], *, writes: bool) -> Result:
        """Begin anew what the database could not run beside others."""
        for beginning in range(1, MOST_BEGINNINGS):
            try:
                return self._once(work, writes=writes)
            except DBAPIError as failure:
                if getattr(failure.orig, "sqlstate", "") not in BEGIN_ANEW:
                    raise
            time.sleep(random.uniform(0, min(0.002 * 2**beginning, LONGEST_PAUSE)))  # noqa: S311 - spreads the beginnings
        return self._once(work, writes=writes)

    def _once(self, work: Callable[[Connection], Result], *, writes: bool) -> Result:
        options = self._options if writes else {}
        with self.engine.connect().execution_options(**{WRITES: writes}, **options) as connection, connection.begin():
            return work(connection)

    def migrate(self) -> None:
        """Bring the tables to the newest revision, in one transaction; of several processes at once one does the work."""
        self.unit_here(upgrade)

    def close(self) -> None:
        """Finish what was begun, then let go of threads and connections."""
        self._writers.shutdown()
        self._readers.shutdown()
        if self._at_once is not None:
            self._at_once.close()
        self.engine.dispose()


def is_silence(failure: DBAPIError) -> bool:
    """Whether the database may do later what it did not do now; a wrong statement stays wrong."""
    state = getattr(failure.orig, "sqlstate", None) or ""
    name = getattr(failure.orig, "sqlite_errorname", None) or ""
    could_not_connect = isinstance(failure, OperationalError) and not state and not name
    return (
        failure.connection_invalidated
        or could_not_connect
        or state[:2] in SILENT_CLASSES
        or state in {LOCK_NOT_AVAILABLE, *BEGIN_ANEW}
        or name in SILENT_ON_SQLITE
    )


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations that are missing up to *revision*.

    A database that a newer version has migrated already is left as it is: old and new processes run side by side while a new
    version is brought out, and a new one only adds to what the old one uses (docs/how-to/migrate.md).
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    newest = ScriptDirectory.from_config(config).get_current_head() or ""
    there = MigrationContext.configure(connection).get_current_revision() or ""
    if there.isdecimal() and there > newest:
        LOG.warning("the database was migrated by a newer version (%s; this one knows %s); it is used as it is", there, newest)
        return
    alembic.command.upgrade(config, revision)


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, which both dialects spell alike."""
    return insert_of(connection.dialect.name)(table)


def put(connection: Connection, table: Table, **values: object) -> None:
    """Insert the row, or replace its other columns where its primary key exists."""
    _putting(connection.dialect.name, table, tuple(values)).run(connection, values)


def add(connection: Connection, table: Table, **values: object) -> None:
    """Insert the row, unless its primary key exists."""
    _adding(connection.dialect.name, table, tuple(values)).run(connection, values)


def sweep(connection: Connection, key: Column[str], now: datetime) -> None:
    """Delete a few rows of the table of *key* that have expired, unless this transaction has done so already."""
    swept = connection.info.get(SWEPT)
    if swept is None or key.table.name not in swept:
        _sweeping(key).run(connection, {"swept_at": now})
    if swept is not None:
        swept.add(key.table.name)


# SQLAlchemy takes five times as long to make a statement as to run it, so each is made once.
@cache
def _putting(dialect: str, table: Table, names: tuple[str, ...]) -> Ready:
    keys = [column.name for column in table.primary_key]
    new = insert_of(dialect)(table)
    others = {name: new.excluded[name] for name in names if name not in keys}
    return Ready(new.on_conflict_do_update(index_elements=keys, set_=others), names)


@cache
def _adding(dialect: str, table: Table, names: tuple[str, ...]) -> Ready:
    keys = [column.name for column in table.primary_key]
    return Ready(insert_of(dialect)(table).on_conflict_do_nothing(index_elements=keys), names)


@cache
def _sweeping(key: Column[str]) -> Ready:
    over = key.table.c.expires <= bindparam("swept_at")
    return Ready(delete(key.table).where(key.in_(select(key).where(over).limit(SWEEP))))


def insert_of(dialect: str) -> Callable[[Table], sqlite.Insert | postgresql.Insert]:
    """The maker of an INSERT that knows ON CONFLICT."""
    return postgresql.insert if dialect == "postgresql" else sqlite.insert

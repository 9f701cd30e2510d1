"""A database and its threads: every unit of work is one function, one hop to a thread, one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import alembic.command
from alembic.config import Config
from sqlalchemy import Column, ColumnElement, Connection, Delete, Engine, Table, Update, delete, select
from sqlalchemy.dialects import postgresql, sqlite

Result = TypeVar("Result")

MIGRATIONS: Final = Path(__file__).resolve().parent.parent / "migrations"
#: The execution option that tells the engine's `begin` whether this transaction writes.
WRITES: Final = "gpic_writes"
#: How many expired rows one unit of work may clear away beside its own business.
SWEEP: Final = 32


class Database:
    """An engine with a thread for units of work that write and a few for those that only look.

    SQLite admits one writer at a time; waiting in our own line is fairer and quicker than its polling.
    A unit that was begun is finished, whether or not its caller still waits.
    """

    def __init__(self, engine: Engine, *, writers: int, readers: int) -> None:
        self.engine = engine
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="gpic-writes")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="gpic-looks")

    async def unit(self, work: Callable[[Connection], Result]) -> Result:
        """Run *work* in a transaction that may write; committed when it returns, rolled back when it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, self.unit_here, work)

    async def look(self, work: Callable[[Connection], Result]) -> Result:
        """Run *work*, which only reads, on one state of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._in_transaction, work, False)  # noqa: FBT003 - run_in_executor passes by position only

    async def change(self, statement: Update | Delete) -> int:
        """Run one statement as a unit of its own; how many rows it touched."""
        return await self.unit(lambda connection: connection.execute(statement).rowcount)

    def unit_here(self, work: Callable[[Connection], Result]) -> Result:
        """As `unit`, in the calling thread."""
        return self._in_transaction(work, True)  # noqa: FBT003 - see look

    def _in_transaction(self, work: Callable[[Connection], Result], writes: bool) -> Result:  # noqa: FBT001 - see look
        with self.engine.connect().execution_options(**{WRITES: writes}) as connection, connection.begin():
            return work(connection)

    def migrate(self) -> None:
        """Bring the tables to the newest revision, in one transaction; of several processes at once one does the work."""
        self.unit_here(upgrade)

    def close(self) -> None:
        """Finish what was begun, then let go of threads and connections."""
        self._writers.shutdown()
        self._readers.shutdown()
        self.engine.dispose()


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, "head")


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, which both dialects spell alike."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def put(connection: Connection, table: Table, **values: object) -> None:
    """Insert the row, or replace its other columns where its primary key exists."""
    keys = [column.name for column in table.primary_key]
    new = insert(connection, table).values(**values)
    rest = {name: value for name, value in values.items() if name not in keys}
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=rest))


def sweep(connection: Connection, table: Table, key: Column[str], over: ColumnElement[bool]) -> None:
    """Delete a few rows of which the condition *over* holds."""
    connection.execute(delete(table).where(key.in_(select(key).where(over).limit(SWEEP))))

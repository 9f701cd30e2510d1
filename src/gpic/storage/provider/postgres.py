"""The cabinets on PostgreSQL, for a provider of any number of machines."""

from __future__ import annotations

from functools import partial
from typing import Final

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event

from gpic.storage.provider.at_once import WRITES
from gpic.storage.provider.database import Database

#: Units of work at once: as many connections as a process holds at most.
WRITERS: Final = 8
READERS: Final = 4
#: What a server must answer within: a wait for a lock, one statement, and a transaction whose client is gone; milliseconds.
LIMITS: Final = "-c lock_timeout=5000 -c statement_timeout=15000 -c idle_in_transaction_session_timeout=15000"


def open_database(url: str) -> Database:
    """The database at *url* (`postgresql://…`), migrated.

    Its units are serializable: each sees and changes the database as if alone, and is begun anew where that cannot be had.
    """
    database = Database(engine_for(url), writers=WRITERS, readers=READERS)
    beside(database).migrate()  # who waited for another process to migrate must see what it did
    return database


def beside(database: Database) -> Database:
    """The same connections for units that lock the rows they want, such as the queue's; they are READ COMMITTED."""
    return database.row_by_row()


def engine_for(url: str) -> Engine:
    """An engine that notices lost connections before it uses them.

    The URL is libpq's, which may name several servers: `postgresql://gpic@one,two/gpic?target_session_attrs=read-write`.
    """
    engine = create_engine(
        "postgresql+psycopg://",
        creator=partial(psycopg.connect, url, options=LIMITS, connect_timeout=5, application_name="gpic"),
        isolation_level="SERIALIZABLE",
        pool_size=WRITERS + READERS,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,  # errors are logged whole; what was to be written must not be among it
    )
    event.listen(engine, "begin", begin)
    return engine


def begin(connection: Connection) -> None:
    """Who only looks says so: the server then gives a state of the database without keeping watch over what is read."""
    if not connection.get_execution_options().get(WRITES, False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

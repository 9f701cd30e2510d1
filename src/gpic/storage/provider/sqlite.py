"""The cabinets in one SQLite file, for a provider of one machine."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, event

from gpic.nhs.clock import Clocks
from gpic.storage.provider.at_once import WRITES
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql.accounts import SqlAccounts, SqlPeople
from gpic.storage.provider.sql.browsers import SqlInteractions, SqlSessions
from gpic.storage.provider.sql.census import SqlCensus
from gpic.storage.provider.sql.client_metadata import SqlClientMetadata
from gpic.storage.provider.sql.clients import SqlClients
from gpic.storage.provider.sql.codes import SqlCodes
from gpic.storage.provider.sql.consents import SqlConsents
from gpic.storage.provider.sql.families import SqlFamilies
from gpic.storage.provider.sql.holdings import SqlHoldings
from gpic.storage.provider.sql.identities import SqlAssertedIdentities
from gpic.storage.provider.sql.identity import SqlAllowances, SqlCodeShelf, SqlDevices, SqlPasskeys
from gpic.storage.provider.sql.signing_keys import SqlSigningKeys
from gpic.storage.provider.sql.tried_passwords import SqlTriedPasswords
from gpic.storage.sealing import Sealer
from gpic.storage.wal import turn_to_wal

PATIENCE: Final = 10.0  #: seconds in which another process must let go of the file
READERS: Final = 4
#: NORMAL keeps every commit through a crash of the process, though the last ones may be lost with the power; a deleted secret
#: is overwritten.
PRAGMAS: Final = ("synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON")


def open_cabinets(path: Path | str, sealer: Sealer, clocks: Clocks | None = None) -> Cabinets:
    """The cabinets in the file at *path*, made and migrated as needed; `close()` closes it."""
    return cabinets_on(open_database(path), sealer, clocks)


def cabinets_on(database: Database, sealer: Sealer, clocks: Clocks | None = None) -> Cabinets:
    """The cabinets in this database, which `close()` closes; the queue may share it."""
    clocks = clocks or Clocks()
    return Cabinets(
        clients=SqlClients(database),
        accounts=SqlAccounts(database, sealer, clocks.world),
        sessions=SqlSessions(database, clocks),
        interactions=SqlInteractions(database, sealer, clocks),
        consents=SqlConsents(database),
        code_shelf=SqlCodeShelf(database, sealer, clocks.wire),
        allowances=SqlAllowances(database, sealer),
        devices=SqlDevices(database),
        passkeys=SqlPasskeys(database),
        tried_passwords=SqlTriedPasswords(database, sealer),
        codes=SqlCodes(database.row_by_row(), sealer, clocks.wire, clocks.world),
        families=SqlFamilies(database, sealer, clocks.world),
        identities=SqlAssertedIdentities(database, sealer),
        signing_keys=SqlSigningKeys(database, sealer),
        client_metadata=SqlClientMetadata(database, sealer),
        holdings=SqlHoldings(database.row_by_row(), sealer),
        people=SqlPeople(database, sealer, clocks.world),
        census=SqlCensus(database, sealer),
        shut=database.close,
    )


def open_database(path: Path | str) -> Database:
    """The database in the file at *path*, readable by its owner only when it is made here, and migrated."""
    Path(path).touch(mode=0o600)
    database = Database(engine_for(path), writers=1, readers=READERS, impatient=engine_for(path, patience=0))
    database.migrate()
    return database


def engine_for(path: Path | str, patience: float = PATIENCE) -> Engine:
    """An engine whose transactions we begin ourselves, since the driver would begin them too late to see one state.

    One without patience is for `AtOnce`, which begins them itself.
    """
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": patience, "isolation_level": None},
        pool_size=READERS + 1,
        hide_parameters=True,  # errors are logged whole; what was to be written must not be among it
    )
    event.listen(engine, "connect", prepare)
    if patience:
        event.listen(engine, "begin", begin)
    return engine


def prepare(connection: sqlite3.Connection, _record: object) -> None:
    """Set up a fresh connection."""
    turn_to_wal(connection, PATIENCE)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def begin(connection: Connection) -> None:
    """Begin; who will write takes its place in the line at once, so that no transaction fails half-way."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

"""The partner kit's cabinets on PostgreSQL, for any number of processes on any number of machines. Needs `gpic[postgres]`."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import psycopg
from psycopg.errors import DeadlockDetected, SerializationFailure

from gpic.relying_party.ports import Cabinets
from gpic.storage.partner import sql
from gpic.storage.partner.cabinets import cabinets_in
from gpic.storage.partner.units import Rows, Transaction, Value
from gpic.storage.sealing import Sealer

T = TypeVar("T")

#: How often a unit that others stood in the way of is begun anew, and the longest pause before it, in seconds.
MOST_BEGINNINGS: Final = 12
LONGEST_PAUSE: Final = 0.2
PATIENCE: Final = 10  #: seconds to wait for a connection
#: Names the lock under which one process at a time makes the tables.
MAKING: Final = 0x67706965
LIMITS: Final = "-c lock_timeout=5000 -c statement_timeout=15000 -c idle_in_transaction_session_timeout=15000"


@dataclass(frozen=True, slots=True)
class InServer:
    """A serializable transaction."""

    connection: psycopg.Connection

    def run(self, statement: str, **values: Value) -> Rows:
        """Run one statement, its parameters by name."""
        return self.connection.execute(sql.with_percent(statement).encode(), values)


class Server:
    """One database of a server; each unit of work is one serializable transaction, in a thread with its own connection."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: queue.SimpleQueue[psycopg.Connection] = queue.SimpleQueue()
        # READ COMMITTED: who waited for another to make the tables must see them.
        with psycopg.connect(url, connect_timeout=PATIENCE, options=LIMITS) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (MAKING,))
            for statement in sql.SCHEMA:
                connection.execute(statement.encode())

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Do *work* in one transaction, in a thread, anew where another stood in its way."""
        return await asyncio.to_thread(self._transaction, work)

    def close(self) -> None:
        """Let go of the connections."""
        while not self._idle.empty():
            self._idle.get().close()

    def _transaction(self, work: Callable[[Transaction], T]) -> T:
        connection = self._alive() or self._open()
        try:
            done = persistently(connection, work)
        except BaseException:
            connection.close()
            raise
        self._idle.put(connection)
        return done

    def _alive(self) -> psycopg.Connection | None:
        """A connection that nobody uses and that still answers; None when there is none."""
        with contextlib.suppress(queue.Empty):
            while True:
                connection = self._idle.get_nowait()
                try:
                    connection.execute("SELECT 1")
                    connection.rollback()
                except psycopg.OperationalError:
                    connection.close()
                else:
                    return connection
        return None

    def _open(self) -> psycopg.Connection:
        connection = psycopg.connect(self._url, connect_timeout=PATIENCE, options=LIMITS, application_name="gpic-partner")
        connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE
        return connection


def persistently(connection: psycopg.Connection, work: Callable[[Transaction], T]) -> T:
    """Do *work*, anew where another stood in its way."""
    for beginning in range(1, MOST_BEGINNINGS):
        try:
            return once(connection, work)
        except (SerializationFailure, DeadlockDetected):
            time.sleep(random.uniform(0, min(0.002 * 2**beginning, LONGEST_PAUSE)))  # noqa: S311 - spreads them
    return once(connection, work)


def once(connection: psycopg.Connection, work: Callable[[Transaction], T]) -> T:
    """Do *work* in one transaction; committed when it returns, nothing of it done when it raises."""
    with connection.transaction():
        return work(InServer(connection))


def postgres_cabinets(url: str, sealer: Sealer) -> Cabinets:
    """All three in the database at *url*, whose tables are made where they are missing."""
    server = Server(url)
    return cabinets_in(server, sealer, server.close)

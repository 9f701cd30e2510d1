"""Wakes the workers of every process when a task was left on PostgreSQL: NOTIFY in the transaction that leaves it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import psycopg
from sqlalchemy import Connection, func, select

from gpic.jobs.queue import Bell

LOG: Final = logging.getLogger("gpic.jobs")
CHANNEL: Final = "gpic_jobs"


def notify(connection: Connection) -> None:
    """Ring in every process once this transaction is committed."""
    connection.execute(select(func.pg_notify(CHANNEL, "")))


@dataclass(frozen=True, slots=True)
class PostgresBell:
    """Listens on a connection of its own, and rings this process's bell. While it has none, the workers' poll serves."""

    url: str
    bell: Bell
    pause: timedelta = timedelta(seconds=1)  #: before it connects again

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until *stop* is set."""
        listening = asyncio.create_task(self._listen_for_good())
        await stop.wait()
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening

    async def _listen_for_good(self) -> None:
        while True:
            try:
                await self._listen()
            except psycopg.OperationalError as failure:
                LOG.warning("nobody hears the queue's bell: %s", type(failure).__name__)
            await asyncio.sleep(self.pause.total_seconds())

    async def _listen(self) -> None:
        """Ring for every notification, and once at the beginning: what rang before was not heard."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True, connect_timeout=5) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.bell.ring()
            async for _ in connection.notifies():
                self.bell.ring()

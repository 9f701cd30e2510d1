"""Turns at an interface that many may ask and that answers so many a second, kept in the provider's database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, case, update
from sqlalchemy.dialects import postgresql, sqlite

from gpic.jobs.lease_table import ELAPSED, Units, in_microseconds
from gpic.jobs.tables import paces

MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PaceTable:
    """One row for each *name*: when its next turn is, on the database's own time. *apart* lies between two turns."""

    database: Units
    name: str
    apart: timedelta

    async def take(self, *, urgent: bool, patience: timedelta) -> timedelta | None:
        """How long to wait for a turn that is ours from now on; None when there is none within *patience*."""
        latest = ELAPSED + (in_microseconds(patience) if urgent else 0)
        turn: ColumnElement[int] = case((paces.c.next_turn > ELAPSED, paces.c.next_turn), else_=ELAPSED)
        apart = in_microseconds(self.apart)
        taken = (
            update(paces)
            .where(paces.c.name == self.name, paces.c.next_turn <= latest)
            .values(next_turn=turn + apart)
            .returning(paces.c.next_turn - apart - ELAPSED)
        )

        def work(connection: Connection) -> int | None:
            self._introduce(connection)
            row = connection.execute(taken).one_or_none()
            return None if row is None else int(row[0])

        wait = await self.database.unit(work)
        return None if wait is None else max(wait, 0) * MICROSECOND

    def _introduce(self, connection: Connection) -> None:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert(paces).values(name=self.name, next_turn=0).on_conflict_do_nothing(index_elements=["name"]))

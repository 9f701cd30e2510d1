"""How much lies in the queue, and how late it is, for whoever watches a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from gpic.credentials.ports import TaskKind
from gpic.jobs.lease_table import Units
from gpic.jobs.tables import WAITING, jobs
from gpic.nhs.clock import to_microseconds


@dataclass(frozen=True, slots=True)
class Depth:
    """*tasks* by kind and `due`, `later`, `running` or `set-aside`; *lag* is how long the oldest has been due, by kind."""

    tasks: Mapping[tuple[TaskKind, str], int]
    lag: Mapping[TaskKind, timedelta]


@dataclass(frozen=True, slots=True)
class TableDepth:
    """Looks into the lease table: one statement, which an index answers."""

    database: Units

    async def read(self, now: datetime) -> Depth:
        """As it is at *now* of the world clock; kinds of which there is nothing are left out."""
        moment = to_microseconds(now)
        waiting = case((jobs.c.due <= moment, "due"), else_="later")
        state = case((jobs.c.state == WAITING, waiting), else_=jobs.c.state).label("shown")
        counted = select(jobs.c.kind, state, func.count(), func.min(jobs.c.due)).group_by(jobs.c.kind, state)
        rows = await self.database.unit(lambda connection: connection.execute(counted).all())
        tasks = {(TaskKind(kind), str(shown)): int(count) for kind, shown, count, _ in rows}
        lag = {TaskKind(kind): timedelta(microseconds=moment - int(due)) for kind, shown, _, due in rows if shown == "due"}
        return Depth(tasks, lag)

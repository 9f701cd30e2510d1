"""What of the queue a round must know: how much waits, and for whom nothing is left to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, func, select

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import TaskKind
from gpic.jobs.lease_table import Units
from gpic.jobs.tables import RUNNING, WAITING, jobs

#: By state, so that an index leads to them however many of other kinds there are.
WAITING_OR_RUNNING: Final = (
    select(func.count()).select_from(jobs).where(jobs.c.state.in_((WAITING, RUNNING)), jobs.c.kind == bindparam("which"))
)


@dataclass(frozen=True, slots=True)
class TableBacklog:
    """Counts in the lease table."""

    database: Units

    async def waiting(self, kind: TaskKind) -> int:
        """How many tasks of this kind wait or run."""
        asked = {"which": kind.value}
        return await self.database.unit(lambda connection: int(connection.execute(WAITING_OR_RUNNING, asked).scalar_one()))

    async def without_task(self, persons: Sequence[PersonId]) -> Sequence[PersonId]:
        """Those of them for whom nothing waits, runs or was set aside, in the given order."""
        theirs = select(jobs.c.person).where(jobs.c.person.in_(persons)).distinct()
        busy = await self.database.unit(lambda connection: set(connection.execute(theirs).scalars()))
        return [person for person in persons if person not in busy]

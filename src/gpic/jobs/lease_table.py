"""The queue as a table of leases in the provider's SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Connection, case, delete, func, literal_column, select, type_coerce, update
from sqlalchemy.dialects.sqlite import insert

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Task, TaskKind
from gpic.jobs.queue import Bell, Claimed, SetAside
from gpic.jobs.tables import RUNNING, SET_ASIDE, WAITING, is_state, jobs
from gpic.nhs.clock import to_microseconds

Result = TypeVar("Result")

#: The database's own time in microseconds, so that hosts need not agree on theirs. Julian days count from noon of 4714 BC.
ELAPSED: ColumnElement[int] = type_coerce(
    literal_column("CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"), BigInteger()
)


class Units(Protocol):
    """A database that runs units of work, as the cabinets' one does."""

    async def unit(self, work: Callable[[Connection], Result]) -> Result:
        """Run *work* in a transaction that may write, which no other such transaction overlaps."""
        ...


@dataclass(frozen=True, slots=True)
class LeaseTable:
    """Tasks, a row each. They outlive the process; a lease that its worker does not renew is leased anew."""

    database: Units
    bell: Bell = field(default_factory=Bell)

    async def enqueue(self, task: Task, due: datetime) -> None:
        """Leave *task*, to be run once it is due (world clock)."""
        await self.database.unit(lambda connection: wait(connection, task, to_microseconds(due), 0))
        self.bell.ring()

    async def claim(self, now: datetime, lease: timedelta) -> Claimed | None:
        """Lease the task that is due longest, or one whose lease has ended."""
        first = select(jobs.c.id).where(is_ready(to_microseconds(now))).order_by(jobs.c.due, jobs.c.id).limit(1)
        leased = {"state": RUNNING, "leased_until": ELAPSED + in_microseconds(lease)}
        statement = (
            update(jobs)
            .where(jobs.c.id == first.scalar_subquery())
            .values(fence=jobs.c.fence + 1, attempt=jobs.c.attempt + 1, **leased)
            .returning(jobs.c.id, jobs.c.kind, jobs.c.person, jobs.c.fence, jobs.c.attempt)
        )

        def work(connection: Connection) -> Claimed | None:
            row = connection.execute(statement).one_or_none()
            return Claimed(row.id, Task(TaskKind(row.kind), PersonId(row.person)), row.fence, row.attempt) if row else None

        return await self.database.unit(work)

    async def renew(self, claimed: Claimed, lease: timedelta) -> bool:
        """Lease it for so long from now; False when it is no longer ours."""
        statement = update(jobs).where(is_ours(claimed)).values(leased_until=ELAPSED + in_microseconds(lease))
        return await self.database.unit(lambda connection: connection.execute(statement).rowcount == 1)

    async def finish(self, claimed: Claimed) -> None:
        """It is done."""
        await self.database.unit(lambda connection: take_out(connection, claimed))

    async def postpone(self, claimed: Claimed, due: datetime, *, failed: bool = False) -> None:
        """Let it wait until *due*, joined with the same task where that already waits."""

        def work(connection: Connection) -> None:
            if take_out(connection, claimed):
                wait(connection, claimed.task, to_microseconds(due), claimed.attempt if failed else 0)

        await self.database.unit(work)

    async def set_aside(self, claimed: Claimed, reason: str) -> None:
        """Give it up; it is kept, with its reason, for an operator."""
        statement = update(jobs).where(is_ours(claimed)).values(state=SET_ASIDE, leased_until=None, reason=reason)
        await self.database.unit(lambda connection: connection.execute(statement).rowcount)

    async def given_up(self) -> tuple[SetAside, ...]:
        """The tasks that were set aside, oldest first."""
        aside = select(jobs).where(is_state(SET_ASIDE)).order_by(jobs.c.id)

        def work(connection: Connection) -> tuple[SetAside, ...]:
            return tuple(
                SetAside(Task(TaskKind(row.kind), PersonId(row.person)), row.reason) for row in connection.execute(aside)
            )

        return await self.database.unit(work)


def in_microseconds(span: timedelta) -> int:
    """A span as whole microseconds."""
    return span // timedelta(microseconds=1)


def is_ours(claimed: Claimed) -> ColumnElement[bool]:
    """Whether this lease is the row's latest and neither finished nor given up."""
    return (jobs.c.id == claimed.number) & (jobs.c.fence == claimed.fence) & is_state(RUNNING)


def is_ready(now: int) -> ColumnElement[bool]:
    """Whether a row may be leased: it is due and nothing of its person runs, or its lease has ended."""
    other = jobs.alias("other")
    busy = select(other.c.id).where(other.c.person == jobs.c.person, other.c.state == RUNNING).exists()
    due = is_state(WAITING) & (jobs.c.due <= now) & ~busy
    return due | (is_state(RUNNING) & (jobs.c.leased_until <= ELAPSED))


def wait(connection: Connection, task: Task, due: int, attempt: int) -> None:
    """Let a task wait, joined with the same one where that already waits."""
    waiting = {"kind": task.kind.value, "person": task.person, "state": WAITING, "due": due}
    new = insert(jobs).values(**waiting, fence=0, attempt=attempt, reason="")
    earlier = case((new.excluded.due < jobs.c.due, new.excluded.due), else_=jobs.c.due)
    more = func.max(new.excluded.attempt, jobs.c.attempt)
    one_waits = [jobs.c.kind, jobs.c.person]
    joined = new.on_conflict_do_update(one_waits, is_state(WAITING), set_={"due": earlier, "attempt": more})
    connection.execute(joined)


def take_out(connection: Connection, claimed: Claimed) -> bool:
    """Remove a row that is ours; whether it was."""
    return connection.execute(delete(jobs).where(is_ours(claimed))).rowcount == 1

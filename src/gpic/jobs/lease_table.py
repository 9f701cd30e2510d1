"""The queue as a table of leases in the provider's database, SQLite or PostgreSQL."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Final, Protocol, TypeVar

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ScalarSelect,
    Update,
    bindparam,
    case,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Task, TaskKind
from gpic.jobs.queue import AWAITED, Bell, Claimed, SetAside
from gpic.jobs.tables import RUNNING, SET_ASIDE, WAITING, is_state, jobs
from gpic.nhs.clock import to_microseconds

Result = TypeVar("Result")


class Elapsed(FunctionElement[int]):
    """The database's own time in microseconds since 1970, so that hosts need not agree on theirs."""

    inherit_cache = True
    name = "elapsed"
    type = BigInteger()


@compiles(Elapsed, "sqlite")
def _on_sqlite(_element: Elapsed, _compiler: SQLCompiler, **_: object) -> str:
    """Julian days count from noon of 4714 BC."""
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


@compiles(Elapsed, "postgresql")
def _on_postgresql(_element: Elapsed, _compiler: SQLCompiler, **_: object) -> str:
    """The clock on the wall, not the beginning of the transaction."""
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"


ELAPSED: Final = Elapsed()
#: Whether a row's lease has ended: whoever had it died, or was too slow.
HAS_LOST_ITS_WORKER: Final = is_state(RUNNING) & (jobs.c.leased_until <= ELAPSED)
_OTHER: Final = jobs.alias("other")
IS_BUSY: Final = select(_OTHER.c.id).where(_OTHER.c.person == jobs.c.person, _OTHER.c.state == RUNNING).exists()
#: Whether a row waits no longer, and nothing of its person runs.
IS_DUE: Final = is_state(WAITING) & (jobs.c.due <= bindparam("now", type_=BigInteger)) & ~IS_BUSY
#: Made once, as it ends every task: the row whose latest lease this is, neither finished nor given up.
TAKE_OUT: Final = delete(jobs).where(jobs.c.id == bindparam("number"), jobs.c.fence == bindparam("lease_of"), is_state(RUNNING))
#: Which rows the promise that one of a task waits is about, spelt out: a bound parameter would hide it from the planner.
ONE_WAITS: Final = text(f"state = '{WAITING}'")
#: How often a claim looks again when another worker was faster with a task of the same person.
MOST_LOOKS: Final = 8


class Units(Protocol):
    """A database that runs units of work, as the cabinets' one does."""

    async def unit(self, work: Callable[[Connection], Result]) -> Result:
        """Run *work* in a transaction that may write: on SQLite alone, on PostgreSQL at READ COMMITTED."""
        ...


@dataclass(frozen=True, slots=True)
class LeaseTable:
    """Tasks, a row each. They outlive the process; a lease that its worker does not renew is leased anew."""

    database: Units
    bell: Bell = field(default_factory=Bell)
    tell: Callable[[Connection], None] | None = None  #: tells other processes, in the transaction that leaves a task

    async def enqueue(self, task: Task, due: datetime) -> None:
        """Leave *task*, to be run once it is due (world clock)."""

        def work(connection: Connection) -> None:
            wait(connection, task, to_microseconds(due), 0)
            if self.tell and task.kind in AWAITED:  # for the others the poll is soon enough, and telling costs every commit
                self.tell(connection)

        await self.database.unit(work)
        self.bell.ring()

    async def claim(self, now: datetime, lease: timedelta, *, only_awaited: bool = False) -> Claimed | None:
        """Lease a task that lost its worker, else one that is awaited, else any; of these the one that is due longest."""
        statement, asked = claiming(only_awaited=only_awaited), {"now": to_microseconds(now), "lease": in_microseconds(lease)}

        def work(connection: Connection) -> Claimed | None:
            row = connection.execute(statement, asked).one_or_none()
            return Claimed(row.id, Task(TaskKind(row.kind), PersonId(row.person)), row.fence, row.attempt) if row else None

        for _ in range(MOST_LOOKS):
            with contextlib.suppress(IntegrityError):  # two workers took two tasks of one person at the same moment
                return await self.database.unit(work)
        return None

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

    async def replay(self, person: PersonId, due: datetime) -> int:
        """Let this person's tasks that were set aside wait again, their attempts forgotten; how many that were."""
        theirs = delete(jobs).where(is_state(SET_ASIDE), jobs.c.person == person).returning(jobs.c.kind)

        def work(connection: Connection) -> int:
            kinds = connection.execute(theirs).scalars().all()
            for kind in kinds:
                wait(connection, Task(TaskKind(kind), person), to_microseconds(due), 0)
            return len(kinds)

        replayed = await self.database.unit(work)
        self.bell.ring()
        return replayed


@cache
def claiming(*, only_awaited: bool) -> Update:
    """Leases the first row that lost its worker, else the first that is due, and that nobody else is leasing just now.

    Each kind that is awaited is looked for by itself, so that an index leads to it however many others are due. Made once:
    to make it takes longer than to run it. *now* is of the world clock, *lease* a span, both in microseconds.
    """
    leased = {"state": RUNNING, "leased_until": ELAPSED + bindparam("lease", type_=BigInteger)}
    awaited = [first(IS_DUE & (jobs.c.kind == kind.value)) for kind in AWAITED]
    if only_awaited:
        steps = [first(HAS_LOST_ITS_WORKER & jobs.c.kind.in_([kind.value for kind in AWAITED])), *awaited]
    else:
        steps = [first(HAS_LOST_ITS_WORKER), *awaited, first(IS_DUE)]
    return (
        update(jobs)
        .where(jobs.c.id == func.coalesce(*steps))
        .values(fence=jobs.c.fence + 1, attempt=jobs.c.attempt + 1, **leased)
        .returning(jobs.c.id, jobs.c.kind, jobs.c.person, jobs.c.fence, jobs.c.attempt)
    )


def first(is_ready: ColumnElement[bool]) -> ScalarSelect[int]:
    """The number of the ready row that is due longest."""
    ready = select(jobs.c.id).where(is_ready).order_by(jobs.c.due, jobs.c.id).limit(1)
    return ready.with_for_update(skip_locked=True).scalar_subquery()


def in_microseconds(span: timedelta) -> int:
    """A span as whole microseconds."""
    return span // timedelta(microseconds=1)


def is_ours(claimed: Claimed) -> ColumnElement[bool]:
    """Whether this lease is the row's latest and neither finished nor given up."""
    return (jobs.c.id == claimed.number) & (jobs.c.fence == claimed.fence) & is_state(RUNNING)


def wait(connection: Connection, task: Task, due: int, attempt: int) -> None:
    """Let a task wait, joined with the same one where that already waits."""
    waiting = {"kind": task.kind.value, "person": task.person, "state": WAITING, "due": due}
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    new = insert(jobs).values(**waiting, fence=0, attempt=attempt, reason="")
    earlier = case((new.excluded.due < jobs.c.due, new.excluded.due), else_=jobs.c.due)
    more = case((new.excluded.attempt > jobs.c.attempt, new.excluded.attempt), else_=jobs.c.attempt)
    one_waits = [jobs.c.kind, jobs.c.person]
    joined = new.on_conflict_do_update(index_elements=one_waits, index_where=ONE_WAITS, set_={"due": earlier, "attempt": more})
    connection.execute(joined)


def take_out(connection: Connection, claimed: Claimed) -> bool:
    """Remove a row that is ours; whether it was."""
    return connection.execute(TAKE_OUT, {"number": claimed.number, "lease_of": claimed.fence}).rowcount == 1

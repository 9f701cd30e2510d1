"""The queue's tables. Their migrations stand with those of the cabinets: both lie in one database."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.sql.elements import ColumnElement

WAITING: Final = "waiting"
RUNNING: Final = "running"
SET_ASIDE: Final = "set-aside"

metadata = MetaData()

#: *due* is of the world clock, *leased_until* of the database's own; both in microseconds since 1970.
jobs = Table(
    "jobs",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("kind", String, nullable=False),
    Column("person", String, nullable=False),
    Column("state", String, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("leased_until", BigInteger),
    Column("reason", String, nullable=False),
    # A number that was used before would let the fence of a long finished task through.
    sqlite_autoincrement=True,
)


def is_state(state: str) -> ColumnElement[bool]:
    """Whether a row is in this state."""
    return jobs.c.state == state


#: The two promises of the port, kept by the database itself: one of a task waits, one of a person runs.
for _name, _columns, _state in (("one_waits", (jobs.c.kind, jobs.c.person), WAITING), ("one_runs", (jobs.c.person,), RUNNING)):
    Index(f"uq_jobs_{_name}", *_columns, unique=True, sqlite_where=is_state(_state), postgresql_where=is_state(_state))
#: In the orders in which tasks are claimed, so that a claim reads few rows however many wait.
Index("ix_jobs_state_due_id", jobs.c.state, jobs.c.due, jobs.c.id)
Index("ix_jobs_state_kind_due_id", jobs.c.state, jobs.c.kind, jobs.c.due, jobs.c.id)

#: When the next turn is at each interface that limits how often it may be asked; microseconds of the database's own time.
paces = Table(
    "paces",
    metadata,
    Column("name", String, primary_key=True),
    Column("next_turn", BigInteger, nullable=False),
)

#: Suppliers that nobody calls; moments of the wire clock.
pauses = Table(
    "pauses",
    metadata,
    Column("supplier", String, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger),
)

#: Walks over many persons. *leased_until* is of the database's own time, the other moments are of the world clock.
rounds = Table(
    "rounds",
    metadata,
    Column("name", String, primary_key=True),
    Column("begun_at", BigInteger, nullable=False),
    Column("practices", Text, nullable=False),
    Column("why", String, nullable=False),
    Column("expected", BigInteger, nullable=False),
    Column("course", String, nullable=False),
    Column("after_released_at", BigInteger),
    Column("after_person", String),
    Column("passed", BigInteger, nullable=False),
    Column("found", BigInteger, nullable=False),
    Column("over_at", BigInteger),
    Column("leased_until", BigInteger, nullable=False),
)

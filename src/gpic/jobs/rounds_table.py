"""Where rounds stand, kept in the provider's database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Connection, Row, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gpic.credentials.holding import PersonId
from gpic.credentials.rounds import Course, Place, Round
from gpic.jobs.lease_table import ELAPSED, Units, in_microseconds
from gpic.jobs.tables import rounds
from gpic.nhs.clock import from_microseconds, to_microseconds
from gpic.nhs.organisations import OdsCode

NOT_OVER: Final = rounds.c.course != Course.OVER.value
IS_FREE: Final = (rounds.c.course == Course.UNDER_WAY.value) & (rounds.c.leased_until <= ELAPSED)
LONGEST: Final = select(rounds.c.name).where(IS_FREE).order_by(rounds.c.begun_at, rounds.c.name).limit(1)
#: Made once: it runs for every page of everybody.
TAKE: Final = (
    update(rounds)
    .where(rounds.c.name == LONGEST.with_for_update(skip_locked=True).scalar_subquery())
    .values(leased_until=ELAPSED + bindparam("lease", type_=BigInteger))
    .returning(rounds)
)


@dataclass(frozen=True, slots=True)
class RoundsTable:
    """Rounds, a row each. The place is part of what a move is made on, so of two walkers of one page one comes too late."""

    database: Units

    async def begin(self, new: Round) -> bool:
        """Open a round; False when one of this name is not over yet."""

        def work(connection: Connection) -> bool:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            row = insert(rounds).values(**columns_of(new), leased_until=0)
            rest = {name: row.excluded[name] for name in rounds.c.keys() if name != "name"}  # noqa: SIM118 - of columns
            anew = row.on_conflict_do_update(index_elements=["name"], set_=rest, where=~NOT_OVER)
            return connection.execute(anew.returning(rounds.c.name)).first() is not None

        return await self.database.unit(work)

    async def take(self, lease: timedelta) -> Round | None:
        """The round that is under way longest and that nobody else walks, ours until the lease ends."""

        def work(connection: Connection) -> Round | None:
            row = connection.execute(TAKE, {"lease": in_microseconds(lease)}).one_or_none()
            return round_in(row) if row else None

        return await self.database.unit(work)

    async def move(self, before: Round, after: Round) -> bool:
        """Store how far it has come, and let go of it; False when somebody else has moved it. A pause stays."""
        as_it_was = columns_of(before)
        where = [
            rounds.c[name].is_not_distinct_from(as_it_was[name]) for name in ("name", "begun_at", "passed", "after_person")
        ]
        news = {name: value for name, value in columns_of(after).items() if name != "course" or after.course is Course.OVER}
        statement = update(rounds).where(*where, NOT_OVER).values(**news, leased_until=0)
        return await self.database.unit(lambda connection: connection.execute(statement).rowcount == 1)

    async def switch(self, name: str, course: Course) -> bool:
        """Pause a round, or let it go on; False when there is none of this name that is not over."""
        statement = update(rounds).where(rounds.c.name == name, NOT_OVER).values(course=course.value)
        return await self.database.unit(lambda connection: connection.execute(statement).rowcount == 1)

    async def all(self) -> Sequence[Round]:
        """Every round that is known, the latest first."""
        statement = select(rounds).order_by(rounds.c.begun_at.desc(), rounds.c.name)
        return await self.database.unit(lambda connection: [round_in(row) for row in connection.execute(statement)])


def columns_of(one: Round) -> dict[str, object]:
    """The row of a round, but for its lease."""
    return {
        "name": one.name,
        "begun_at": to_microseconds(one.begun_at),
        "practices": " ".join(sorted(practice.code for practice in one.practices)),
        "why": one.why,
        "expected": one.expected,
        "course": one.course.value,
        "after_released_at": kept(one.after.released_at if one.after else None),
        "after_person": one.after.person if one.after else None,
        "passed": one.passed,
        "found": one.found,
        "over_at": kept(one.over_at),
    }


def round_in(row: Row[*tuple[object, ...]]) -> Round:
    """The round that a row holds."""
    return Round(
        name=row.name,
        begun_at=from_microseconds(row.begun_at),
        practices=frozenset(map(OdsCode, row.practices.split())),
        why=row.why,
        expected=row.expected,
        course=Course(row.course),
        after=None if row.after_person is None else Place(read(row.after_released_at), PersonId(row.after_person)),
        passed=row.passed,
        found=row.found,
        over_at=read(row.over_at),
    )


def kept(moment: datetime | None) -> int | None:
    """Microseconds."""
    return None if moment is None else to_microseconds(moment)


def read(microseconds: int | None) -> datetime | None:
    """The moment."""
    return None if microseconds is None else from_microseconds(microseconds)

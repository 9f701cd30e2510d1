"""Looks over many persons, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import ColumnElement, Select, and_, exists, func, null, or_, select, tuple_

from gpic.credentials.holding import PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.rounds import Passed, Place
from gpic.credentials.withdraw import NOTHING_HELD
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql.numbers import place_of
from gpic.storage.provider.tables import UNDER_WAY, holdings, nhs_numbers, releases
from gpic.storage.sealing import Sealer

#: A row of a page: released_at, person, sealed number, practice, supplier, state, registered_at.
Passing = tuple[datetime | None, PersonId, bytes | None, OdsCode | None, str, str, datetime | None]
IS_HELD: Final = holdings.c.state.not_in([state.value for state in NOTHING_HELD])
#: A person's present number, under its seal.
NUMBER: Final = (
    select(nhs_numbers.c.sealed)
    .where(nhs_numbers.c.person == holdings.c.person)
    .order_by(nhs_numbers.c.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("sealed")
)
HELD: Final = (holdings.c.person, NUMBER, holdings.c.practice, holdings.c.supplier, holdings.c.state, holdings.c.registered_at)
_LATER: Final = releases.alias("later")
#: Of several partners' releases the last one counts.
IS_LAST: Final = ~exists().where(
    _LATER.c.person == releases.c.person,
    or_(
        _LATER.c.released_at > releases.c.released_at,
        and_(_LATER.c.released_at == releases.c.released_at, _LATER.c.client_id > releases.c.client_id),
    ),
)


@dataclass(frozen=True, slots=True)
class SqlCensus:
    """Walks along indexes, so that a page costs the same however many persons there are."""

    database: Database
    sealer: Sealer

    async def page(self, practices: frozenset[OdsCode], after: Place | None, size: int) -> Sequence[Passed]:
        """The next persons: who was active last comes first; an empty page is the end."""
        if practices:
            return await self._passed(by_person(holdings.c.practice.in_(practices), after).limit(size))
        if after is None or after.released_at is not None:
            page = await self._passed(by_release(after).limit(size))
            if page:
                return page
            after = None
        never = ~exists().where(releases.c.person == holdings.c.person)
        return await self._passed(by_person(never, after).limit(size))

    async def count(self, practices: frozenset[OdsCode]) -> int:
        """How many persons such a round is about now."""
        where = [IS_HELD, holdings.c.practice.in_(practices)] if practices else [IS_HELD]
        counted = select(func.count()).select_from(holdings).where(*where)
        return await self.database.look(lambda connection: int(connection.execute(counted).scalar_one()), long=True)

    async def unfinished(self, after: PersonId, size: int) -> Sequence[PersonId]:
        """Persons whose registration is under way, in the order of their ids."""
        page = select(holdings.c.person).where(UNDER_WAY, holdings.c.person > after).order_by(holdings.c.person).limit(size)
        return await self.database.look(
            lambda connection: [PersonId(one) for one in connection.execute(page).scalars()], long=True
        )

    async def _passed(self, statement: Select[*tuple[object, ...]]) -> Sequence[Passed]:
        rows = await self.database.look(lambda connection: connection.execute(statement).all(), long=True)
        return [self._read(row) for row in cast("Sequence[Passing]", rows)]

    def _read(self, row: Passing) -> Passed:
        released_at, person, sealed, practice, supplier, state, registered_at = row  # by place: this runs for everybody
        number = NhsNumber(self.sealer.open(sealed, place=place_of(person)).decode()) if sealed else None
        return Passed(Place(released_at, person), number, practice, supplier, State(state), registered_at)


def by_release(after: Place | None) -> Select[*tuple[object, ...]]:
    """Whoever was given to a partner, the latest first."""
    statement = select(releases.c.released_at, *HELD).join(holdings, holdings.c.person == releases.c.person)
    if after is not None:
        statement = statement.where(tuple_(releases.c.released_at, releases.c.person) < (after.released_at, after.person))
    return statement.where(IS_HELD, IS_LAST).order_by(releases.c.released_at.desc(), releases.c.person.desc())


def by_person(concerned: ColumnElement[bool], after: Place | None) -> Select[*tuple[object, ...]]:
    """Whoever is concerned, by id."""
    statement = select(null().label("released_at"), *HELD).where(concerned, IS_HELD).order_by(holdings.c.person)
    return statement.where(holdings.c.person > after.person) if after is not None else statement

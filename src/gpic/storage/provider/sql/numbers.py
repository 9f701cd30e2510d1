"""The dated history of each person's NHS numbers (N1)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from gpic.credentials.holding import PersonId
from gpic.nhs.numbers import NhsNumber
from gpic.storage.provider.tables import nhs_numbers
from gpic.storage.sealing import Sealer

PURPOSE: Final = "nhs_numbers.number"


def take_on(connection: Connection, sealer: Sealer, person: PersonId, number: NhsNumber, since: datetime) -> None:
    """Add *number* to the person's history, unless it is their present one."""
    if number_of(connection, sealer, person) == number:
        return
    connection.execute(
        insert(nhs_numbers).values(
            person=person,
            number_hash=sealer.keyed_hash(number.digits, PURPOSE),
            sealed=sealer.seal(number.digits.encode(), place=place_of(person)),
            since=since,
        )
    )


def number_of(connection: Connection, sealer: Sealer, person: PersonId) -> NhsNumber | None:
    """The person's present number."""
    return next(reversed(history_of(connection, sealer, person)), None)


def history_of(connection: Connection, sealer: Sealer, person: PersonId) -> list[NhsNumber]:
    """The person's numbers, the present one last."""
    history = select(nhs_numbers.c.sealed).where(nhs_numbers.c.person == person).order_by(nhs_numbers.c.id)
    place = place_of(person)
    return [NhsNumber(sealer.open(sealed, place=place).decode()) for sealed in connection.execute(history).scalars()]


def person_of(connection: Connection, sealer: Sealer, number: NhsNumber) -> PersonId | None:
    """Who took this number on last."""
    takers = select(nhs_numbers.c.person).where(nhs_numbers.c.number_hash.in_(sealer.keyed_hashes(number.digits, PURPOSE)))
    person = connection.execute(takers.order_by(nhs_numbers.c.id.desc()).limit(1)).scalar()
    return PersonId(person) if person else None


def place_of(person: PersonId) -> str:
    """Where a number's seal belongs."""
    return f"nhs_numbers.sealed:{person}"

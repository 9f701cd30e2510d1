"""The random name under which a person stands in the audit trail (N7)."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, select

from gpic.credentials.holding import PersonId
from gpic.storage.provider.database import insert
from gpic.storage.provider.tables import persons


def introduce(connection: Connection, person: PersonId) -> None:
    """Give a person who is new here a pseudonym."""
    new = insert(connection, persons).values(person=person, pseudonym=secrets.token_hex(16))
    connection.execute(new.on_conflict_do_nothing(index_elements=["person"]))


def pseudonym_of(connection: Connection, person: PersonId) -> str | None:
    """The person's pseudonym, None for nobody we know."""
    return connection.execute(select(persons.c.pseudonym).where(persons.c.person == person)).scalar()

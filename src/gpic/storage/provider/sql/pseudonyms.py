"""The random name under which a person stands in the audit trail (N7)."""

from __future__ import annotations

import secrets
from typing import Final

from sqlalchemy import Connection, bindparam, select

from gpic.credentials.holding import PersonId
from gpic.storage.provider.database import add
from gpic.storage.provider.tables import persons
from gpic.storage.provider.wire import Ready

PSEUDONYM: Final = Ready(select(persons.c.pseudonym).where(persons.c.person == bindparam("whose")))


def introduce(connection: Connection, person: PersonId) -> None:
    """Give a person who is new here a pseudonym."""
    add(connection, persons, person=person, pseudonym=secrets.token_hex(16))


def pseudonym_of(connection: Connection, person: PersonId) -> str | None:
    """The person's pseudonym, None for nobody we know."""
    pseudonym: str | None = PSEUDONYM.scalar(connection, {"whose": person})
    return pseudonym

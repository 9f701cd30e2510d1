"""The kit's three ports on a Django database connection."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, OperationalError, close_old_connections, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from gpic.relying_party.ports import Cabinets
from gpic.storage.partner import sql
from gpic.storage.partner.cabinets import cabinets_in
from gpic.storage.partner.units import Rows, Transaction, Value
from gpic.storage.sealing import Sealer

T = TypeVar("T")

SERIALIZABLE: Final = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"
#: What PostgreSQL says when others stood in a unit's way: nothing of it was done.
BEGIN_ANEW: Final = frozenset({"40001", "40P01"})
MOST_BEGINNINGS: Final = 12
LONGEST_PAUSE: Final = 0.2  #: seconds


@dataclass(frozen=True, slots=True)
class InDjango:
    """A transaction of Django's."""

    cursor: CursorWrapper

    def run(self, statement: str, **values: Value) -> Rows:
        """Run one statement, its parameters by name."""
        self.cursor.execute(sql.with_percent(statement), values)
        return self.cursor


@dataclass(frozen=True, slots=True)
class DjangoUnits:
    """One of Django's databases.

    Units run in threads of their own, so outside of a request's transaction: an intent must be on the disk before the call
    that it is for (R2).
    """

    alias: str = DEFAULT_DB_ALIAS

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Do *work* in one transaction, anew where another stood in its way."""
        return await asyncio.to_thread(self._in_a_thread, work)

    def _in_a_thread(self, work: Callable[[Transaction], T]) -> T:
        close_old_connections()
        try:
            return self._persistently(work)
        finally:
            close_old_connections()

    def _persistently(self, work: Callable[[Transaction], T]) -> T:
        for beginning in range(1, MOST_BEGINNINGS):
            try:
                return self._once(work)
            except OperationalError as failure:
                if getattr(failure.__cause__, "sqlstate", "") not in BEGIN_ANEW:
                    raise
            time.sleep(random.uniform(0, min(0.002 * 2**beginning, LONGEST_PAUSE)))  # noqa: S311 - spreads the beginnings
        return self._once(work)

    def _once(self, work: Callable[[Transaction], T]) -> T:
        connection: BaseDatabaseWrapper = connections[self.alias]
        with transaction.atomic(using=self.alias, durable=True), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(SERIALIZABLE)
            return work(InDjango(cursor))


def django_cabinets(sealer: Sealer, *, alias: str = DEFAULT_DB_ALIAS) -> Cabinets:
    """All three in this database, which `manage.py migrate` has prepared; SQLite or PostgreSQL."""
    return cabinets_in(DjangoUnits(alias), sealer)

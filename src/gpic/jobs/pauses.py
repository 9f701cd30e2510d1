"""Suppliers' pauses, in memory and in the provider's database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Row, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from gpic.credentials.pauses import Pause
from gpic.jobs.lease_table import Units
from gpic.jobs.tables import pauses
from gpic.nhs.clock import from_microseconds, to_microseconds

AnyRow = Row[*tuple[object, ...]]
ITS: Final = select(pauses).where(pauses.c.supplier == bindparam("whose"))


@dataclass(frozen=True, slots=True)
class MemoryPauses:
    """Pauses in a dictionary, for one process."""

    _kept: dict[str, Pause] = field(default_factory=dict)

    async def pause(self, pause: Pause) -> None:
        """Call this supplier no more."""
        self._kept[pause.supplier] = pause

    async def resume(self, supplier: str) -> bool:
        """Call it again."""
        return self._kept.pop(supplier, None) is not None

    async def of(self, supplier: str) -> Pause | None:
        """The supplier's pause, over or not."""
        return self._kept.get(supplier)

    async def all(self) -> Sequence[Pause]:
        """Every pause, in the order of the suppliers' names."""
        return [self._kept[supplier] for supplier in sorted(self._kept)]


@dataclass(frozen=True, slots=True)
class PauseTable:
    """Pauses, a row each."""

    database: Units

    async def pause(self, pause: Pause) -> None:
        """Call this supplier no more, on any host."""
        until = to_microseconds(pause.until) if pause.until else None
        row = {"since": to_microseconds(pause.since), "until": until}

        def work(connection: Connection) -> None:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            new = insert(pauses).values(supplier=pause.supplier, **row)
            connection.execute(new.on_conflict_do_update(index_elements=["supplier"], set_=row))

        await self.database.unit(work)

    async def resume(self, supplier: str) -> bool:
        """Call it again."""
        gone = delete(pauses).where(pauses.c.supplier == supplier)
        return await self.database.unit(lambda connection: connection.execute(gone).rowcount == 1)

    async def of(self, supplier: str) -> Pause | None:
        """The supplier's pause, over or not."""
        asked = {"whose": supplier}
        row = await self.database.unit(lambda connection: connection.execute(ITS, asked).one_or_none())
        return pause_in(row) if row else None

    async def all(self) -> Sequence[Pause]:
        """Every pause, in the order of the suppliers' names."""
        every = select(pauses).order_by(pauses.c.supplier)
        return [pause_in(row) for row in await self.database.unit(lambda connection: connection.execute(every).all())]


def pause_in(row: AnyRow) -> Pause:
    """A row as a pause."""
    until = from_microseconds(row.until) if row.until is not None else None
    return Pause(row.supplier, from_microseconds(row.since), until)

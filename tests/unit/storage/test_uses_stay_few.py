"""The table of used assertions stays small however many clients authenticate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from gpic.nhs.clock import SystemClock
from gpic.provider.ports import JtiUse, Unknown
from gpic.storage.provider.database import Database
from gpic.storage.provider.memory.accounts import MemoryAccounts
from gpic.storage.provider.memory.grants import Endings, MemoryFamilies, Shelf
from gpic.storage.provider.memory.holdings import MemoryHoldings
from gpic.storage.provider.sql.families import SqlFamilies
from gpic.storage.provider.tables import jti_uses
from gpic.storage.sealing import Sealer

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIFE = timedelta(seconds=60)
PACE = timedelta(seconds=3)


def use(number: int, at: datetime) -> JtiUse:
    """An assertion of a minute."""
    return JtiUse("partner", f"jti-{number}", at + LIFE)


async def authenticate_often(families: SqlFamilies | MemoryFamilies, times: int) -> datetime:
    """One client after the other, each with an assertion of its own; the last moment."""
    for number in range(times):
        at = NOW + number * PACE
        assert Unknown() == await families.rotate("no token", "partner", use(number, at), at, successor="x")
    return NOW + (times - 1) * PACE


async def count(database: Database) -> int:
    """How many uses are remembered."""
    return await database.look(lambda connection: connection.execute(select(func.count()).select_from(jti_uses)).scalar_one())


async def test_the_table_holds_no_more_than_may_still_come_back(database: Database, sealer: Sealer) -> None:
    """Attacks 20: at one every three seconds, those of the last minute; whatever expired is swept with the next claim."""
    families = SqlFamilies(database, sealer)

    await authenticate_often(families, 200)

    assert LIFE // PACE == await count(database)


async def test_a_burst_is_swept_by_those_who_come_later(database: Database, sealer: Sealer) -> None:
    """After a busy minute every claim clears more than it adds, so the table shrinks to nothing much."""
    families = SqlFamilies(database, sealer)
    for number in range(150):
        await families.rotate("no token", "partner", use(number, NOW), NOW, successor="x")
    assert 150 == await count(database)

    after = NOW + LIFE
    for number in range(5):
        await families.rotate("no token", "partner", use(1000 + number, after), after, successor="x")

    assert 5 == await count(database)


async def test_memory_forgets_as_well() -> None:
    """The cabinets in memory keep the same promise."""
    shelf, accounts = Shelf(), MemoryAccounts(SystemClock())
    endings = Endings(shelf, accounts, MemoryHoldings(), SystemClock())

    await authenticate_often(MemoryFamilies(shelf, endings), 200)

    assert LIFE // PACE == len(shelf.uses)

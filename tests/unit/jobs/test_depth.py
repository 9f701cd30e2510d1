"""How much lies in the queue, and how late it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Task, TaskKind
from gpic.jobs.depth import Depth, TableDepth
from gpic.jobs.lease_table import LeaseTable
from gpic.storage.provider.sqlite import open_database

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def test_everything_is_counted_by_kind_and_state(tmp_path: Path) -> None:
    """Due, later, running and set aside; the lag is that of what has been due longest."""
    database = open_database(tmp_path / "provider.sqlite")
    queue, depth = LeaseTable(database), TableDepth(database)
    assert Depth({}, {}) == await depth.read(NOW)
    for position, (kind, late) in enumerate(
        [
            (TaskKind.REGISTER, 50),
            (TaskKind.REGISTER, 40),
            (TaskKind.REGISTER, 30),
            (TaskKind.FOLLOW, -10),
            (TaskKind.RECHECK, 5),
        ]
    ):
        await queue.enqueue(Task(kind, PersonId(f"p{position}")), NOW - timedelta(seconds=late))
    claimed = await queue.claim(NOW, timedelta(seconds=30))
    other = await queue.claim(NOW, timedelta(seconds=30))
    assert claimed is not None
    assert other is not None
    await queue.set_aside(other, "poison")

    assert Depth(
        {
            (TaskKind.REGISTER, "running"): 1,
            (TaskKind.REGISTER, "set-aside"): 1,
            (TaskKind.REGISTER, "due"): 1,
            (TaskKind.FOLLOW, "later"): 1,
            (TaskKind.RECHECK, "due"): 1,
        },
        {TaskKind.REGISTER: timedelta(seconds=30), TaskKind.RECHECK: timedelta(seconds=5)},
    ) == await depth.read(NOW)
    database.close()

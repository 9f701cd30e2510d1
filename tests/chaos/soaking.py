"""Hours of ordinary load: what a process takes and what its tables hold, measured again and again, and what that comes to."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from gpic.storage.provider.database import Database
from gpic.storage.provider.tables import codes, families, interactions, jti_uses, one_time_codes, sessions

#: How much of its memory a process may gain in ten minutes once it is warm.
MOST_GROWTH: Final = 0.01
#: Files that a process may have open more at the end than at the beginning: connections come and go.
MOST_FILES: Final = 4
TABLES: Final = {table.name: table for table in (sessions, interactions, one_time_codes, jti_uses, codes, families)}


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one moment. *seconds* since the beginning, *memory* in bytes that are its own."""

    seconds: float
    memory: int
    files: int


@dataclass(frozen=True, slots=True)
class Bound:
    """A table, and for how many seconds a row of it may live; a login adds *each* rows."""

    table: str
    lives: float
    each: float = 1.0

    def most(self, logins_per_second: float, logins: int) -> float:
        """How many rows there may be: those of a lifetime, and a little that is about to be cleared away."""
        return min(logins, logins_per_second * self.lives) * self.each * 1.5 + 50


def sample(pid: int, seconds: float) -> Sample:
    """What a process takes now."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    own = sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:", "Swap:")))
    return Sample(seconds, own * 1024, len(list(Path(f"/proc/{pid}/fd").iterdir())))


async def watched(pid: int, until: float, every: float = 5.0) -> list[Sample]:
    """A process, until a moment of the monotonic clock."""
    began, found = time.monotonic(), list[Sample]()
    while time.monotonic() < until:
        found.append(sample(pid, time.monotonic() - began))
        await asyncio.sleep(every)
    return found


def growth(samples: Sequence[Sample]) -> float:
    """What part of its memory a process gains in ten minutes, by the straight line through all samples."""
    seconds, memory = [one.seconds for one in samples], [float(one.memory) for one in samples]
    return statistics.linear_regression(seconds, memory).slope * 600 / statistics.fmean(memory)


def wrong_with(name: str, samples: Sequence[Sample], warm_up: float) -> list[str]:
    """What is not flat after the warm-up."""
    warm = [one for one in samples if one.seconds >= warm_up]
    third = max(len(warm) // 3, 1)
    files = [statistics.median(one.files for one in part) for part in (warm[:third], warm[-third:])]
    wrong = []
    if (part := growth(warm)) > MOST_GROWTH:
        wrong.append(f"{name} gains {part:.1%} of its memory in ten minutes")
    if files[1] - files[0] > MOST_FILES:
        wrong.append(f"{name} has {files[1] - files[0]:.0f} files open more than at the beginning")
    return wrong


async def rows(database: Database) -> dict[str, int]:
    """How many each table holds."""
    counted: dict[str, int] = {}
    for name, table in TABLES.items():
        statement = select(func.count()).select_from(table)
        counted[name] = await database.look(lambda connection, asked=statement: connection.execute(asked).scalar_one())  # type: ignore[misc] # binds the loop's value
    return counted


def too_many(counted: dict[str, int], bounds: Sequence[Bound], logins_per_second: float, logins: int) -> list[str]:
    """Which tables hold more than their rows' lifetimes allow."""
    return [
        f"{one.table} holds {counted[one.table]} rows, and {one.most(logins_per_second, logins):.0f} may be there"
        for one in bounds
        if counted[one.table] > one.most(logins_per_second, logins)
    ]

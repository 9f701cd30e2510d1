"""What a million logins of known people cost: core-hours of the provider, and bytes of its database before anything expires."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.frame import ROUNDS, Figure, main, processors
from benchmarks.limit import tokens
from benchmarks.protocol import PEOPLE, Round
from benchmarks.town import Town, build, free_port, provider
from gpic.jose.keys import SigningKey

MILLION: Final = 1_000_000
HOUR: Final = 3600
GIB: Final = 2**30


async def cost() -> Sequence[Figure]:
    """Logins by single sign-on: `/authorize`, `/token`, `/userinfo`. Whoever signs in adds a password hash."""
    with tempfile.TemporaryDirectory(prefix="gpic-bench-") as folder:
        town = Town(Path(folder), free_port(), SigningKey.generate(), PEOPLE)
        await build(town)
        os.sched_setaffinity(0, processors()[1])
        async with provider(town) as pid:
            asked = Round(town)
            await _logins(asked)
            begun = _bytes_in(town.folder)
            seconds = []
            count = 0
            for _ in range(ROUNDS):
                before = _seconds_of(pid)
                made = await _logins(asked)
                seconds.append((_seconds_of(pid) - before) / made)
                count += made
            grown = (_bytes_in(town.folder) - begun) / count
        each, limit = statistics.median(seconds), 1 / tokens(town.key)
    return (
        Figure("cost.login", limit / each, 1 / each, 1 / limit, "logins per core-second, against their cryptography"),
        Figure(
            "cost.core-hours",
            each / limit,
            each * MILLION / HOUR,
            limit * MILLION / HOUR,
            "core-hours per million logins, against their cryptography",
            is_kept=False,
        ),
        Figure("cost.bytes", 1, grown * MILLION / GIB, grown * MILLION / GIB, "GiB per million logins", is_kept=False),
    )


async def _logins(asked: Round) -> int:
    """A round of them, one endpoint after the other; how many."""
    await asked.authorize()
    await asked.token()
    await asked.userinfo()
    return len(asked.tokens)


def _seconds_of(pid: int) -> float:
    """What a process has had of processors, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _bytes_in(folder: Path) -> int:
    """How large the database is, what lies in its log included."""
    with contextlib.closing(sqlite3.connect(folder / "provider.sqlite")) as database:
        pages, size = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size)


if __name__ == "__main__":
    main(cost)

"""What background work adds to a known patient's login: a check is left for each, against logins that leave nothing to do.

Everybody logs in once a round, so that each check is one more row in the queue; a worker carries them out elsewhere.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from sqlalchemy import delete, func, select, update

from benchmarks.frame import Figure, compared, main, processors
from benchmarks.protocol import REQUESTS, WITH_GP, Round
from benchmarks.town import Town, build, free_port, provider
from gpic.credentials.ports import TaskKind
from gpic.jobs.tables import jobs
from gpic.jose.keys import SigningKey
from gpic.storage.provider.tables import holdings
from gpic.wiring.cabinets import Store, opened

#: Nobody is back too soon, however quickly rounds follow one another (N16).
MORE: Final = "[credentials]\nforced_after_release = 0\n"


async def background() -> Sequence[Figure]:
    """Logins per second."""
    with tempfile.TemporaryDirectory(prefix="gpic-bench-") as name:
        key = SigningKey.generate()
        quiet, busy = (Town(Path(name) / which, free_port(), key, REQUESTS) for which in ("quiet", "busy"))
        for town in (quiet, busy):
            await build(town)
            settings = town.folder / "provider.toml"
            settings.write_text(settings.read_text(encoding="utf-8") + MORE, encoding="utf-8")
        os.sched_setaffinity(0, processors()[1])
        async with AsyncExitStack() as stack:
            store = stack.enter_context(opened(busy.storage))
            await store.database.change(update(holdings).values(checked_at=None))
            for town in (quiet, busy):
                await stack.enter_async_context(provider(town))

            async def with_checks() -> float:
                rate = await logins(Round(busy))
                await carried_out(store)
                return rate

            async def without() -> float:
                return await logins(Round(quiet))

            return [await compared("background.login.sqlite", with_checks, without)]


async def logins(one: Round) -> float:
    """Whole logins of everybody."""
    parts = (await one.authorize(REQUESTS, WITH_GP), await one.token(), await one.userinfo())
    return 1 / sum(1 / part for part in parts)


async def carried_out(store: Store) -> None:
    """The queue is empty again; raises AssertionError where it held no check for each."""
    counted = select(func.count()).select_from(jobs).where(jobs.c.kind == TaskKind.RECHECK.value)
    left = await store.database.look(lambda connection: connection.execute(counted).scalar_one())
    if left != REQUESTS:
        raise AssertionError(f"{left} checks were left by {REQUESTS} logins")
    await store.database.change(delete(jobs))


if __name__ == "__main__":
    main(background)

"""`./go chaos [all|crash|load]`: things go wrong, again and again, and what must hold is looked at (J17).

crash [RUNS] [--seed N] [--postgresql]: the provider's worker is killed at every call of every port, before it and after it,
and then wherever chance says; each run ends with one account, its details stored, one audit trail. load [--minutes N]: a
provider and two workers under load, processes killed, the database cut off and restarted, the store full, the clock jumping,
suppliers stalling; no answered code lost or honoured twice, no details lost, no second account, nobody given another's key,
back without a hand. all is both. Prints what did not hold, with what repeats it, and leaves with 1 when there was anything.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from rich.progress import track

from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script, stage
from tests import postgresql
from tests.chaos.crashes import Aftermath, Crash, drawn, every_crash, plan_for, run
from tests.chaos.under_load import EVENTS, Broken, afterwards, played, scene_in

AT_ONCE = 2


def planned(runs: int, seed: int) -> list[tuple[str, Crash]]:
    """What to do, each with what repeats it."""
    everything = [(f"every #{number}", crash) for number, crash in enumerate(every_crash())]
    more = [(f"--seed {seed + number}", drawn(seed + number)) for number in range(max(runs - len(everything), 0))]
    return (everything + more)[:runs] if runs < len(everything) else everything + more


@contextlib.contextmanager
def database(server: postgresql.Server | None, folder: Path) -> Iterator[str]:
    """An empty database's address."""
    if server is None:
        yield str(folder / "provider.sqlite")
    else:
        with server.database() as url:
            yield url


async def survived(crash: Crash, keys: SandboxKeys, server: postgresql.Server | None) -> Aftermath:
    """One run in a folder, a database and a sandbox of its own."""
    with tempfile.TemporaryDirectory(prefix="gpic-chaos-") as name, database(server, Path(name)) as address:
        async with stage(script=Script(keys=keys)) as everything:
            plan = plan_for(everything, address, keys.provider.private_pem, keys.pds.private_pem)
            return await run(crash, everything, plan, Path(name))


async def main(runs: int, seed: int, server: postgresql.Server | None) -> int:
    """How many runs did not end right."""
    keys, turn, wrong, killed = SandboxKeys(), asyncio.Semaphore(AT_ONCE), 0, 0
    left = planned(runs, seed)

    async def one(name: str, crash: Crash) -> tuple[str, Crash, Aftermath]:
        async with turn:
            return name, crash, await survived(crash, keys, server)

    waiting = [asyncio.ensure_future(one(name, crash)) for name, crash in left]
    for finished in track(asyncio.as_completed(waiting), total=len(waiting), description="crashes"):
        name, crash, aftermath = await finished
        killed += aftermath.was_killed
        if not aftermath.is_right:
            wrong += 1
            print(f"✗ {name}: {crash}\n  {aftermath}", flush=True)
    print(f"{len(waiting)} runs, {killed} of them died, {wrong} did not end right")
    return wrong


async def under_load(minutes: float) -> int:
    """How many things did not hold: every event, in turn, for so long."""
    until = time.monotonic() + 60 * minutes
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="gpic-chaos-") as folder:
        async with scene_in(Path(folder), SandboxKeys()) as scene:
            scene.pause = 0.1
            events = dict(EVENTS)
            while not wrong and time.monotonic() < until:
                try:
                    await played(scene, events, 3, lambda words: print(f"load: {words}", flush=True))
                except Broken as failure:
                    wrong.append(str(failure))
                wrong += await afterwards(scene)
                events = dict(random.sample(list(EVENTS.items()), len(EVENTS)))
            print(f"load: {dict(scene.counts)}, the provider began {scene.provider.starts} times")
    for one in wrong:
        print(f"✗ {one}", flush=True)
    return len(wrong)


def words() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="./go chaos", description=__doc__)
    parser.add_argument("kind", choices=["all", "crash", "load"], nargs="?", default="all")
    parser.add_argument("runs", nargs="?", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--postgresql", action="store_true", help="crashes on a PostgreSQL server of its own, instead of SQLite"
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="under load; each event comes at least once")
    return parser.parse_args()


def everything(wanted: argparse.Namespace) -> int:
    """How much went wrong."""
    wrong = 0
    if wanted.kind != "load":
        with postgresql.serving() if wanted.postgresql else contextlib.nullcontext() as running:
            wrong += asyncio.run(main(wanted.runs, wanted.seed, running))
    if wanted.kind != "crash":
        wrong += asyncio.run(under_load(wanted.minutes))
    return wrong


if __name__ == "__main__":
    sys.exit(1 if everything(words()) else 0)

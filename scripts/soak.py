"""`./go soak [--minutes 30] [--sqlite]`: ordinary load for a long time, and whether anything grows.

A provider and a worker for real, the stand-ins of a sandbox, whole logins by pages: password, one-time code, consent, code,
tokens, userinfo. First as many as this machine does, for half a minute; then 60 % of that. After a warm-up of a third of the
time neither process may gain more than 1 % of its memory in ten minutes or keep files open, and no table may hold more rows
than live. Leaves with 1 where something grows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from gpic.sandbox.keys import SandboxKeys
from tests.chaos.soaking import Bound, rows, too_many, watched, wrong_with
from tests.journeys.deployed import Deployed, Partner, deployed
from tests.postgresql import serving

EVERYBODY = ("ada", "cleo", "ben", "dan", "gus")
PEAK_FOR = 30.0  #: seconds
PART = 0.6
SHORT = 20  #: minutes
LIFE = 60  #: seconds, of whatever lives short here so that half an hour is many lives
LIVES_SHORT = {
    "GPIC_PROVIDER__SESSION_LIFETIME": str(LIFE),
    "GPIC_PROVIDER__INTERACTION_LIFETIME": str(LIFE),
    "GPIC_PROVIDER__CODE_LIFETIME": str(LIFE),
    "GPIC_IDENTITY__CODE_LIFETIME": str(LIFE),
    "GPIC_IDENTITY__CODES_SENT": "1000000",
}
#: An assertion lives a minute, and a little longer is believed; codes are known again for a day, refresh tokens for a month.
BOUNDS = (
    Bound("sessions", LIFE),
    Bound("interactions", LIFE, each=2),
    Bound("one_time_codes", LIFE),
    Bound("jti_uses", LIFE + 60),
    Bound("codes", 86_400 + LIFE),
    Bound("families", 30 * 86_400),
)


@dataclass
class Load:
    """Logins, by so many a second, or as fast as they go."""

    there: Deployed
    per_second: float = 0.0  #: 0: as fast as they go
    done: int = 0
    failed: int = 0
    _due: float = field(default_factory=time.monotonic)

    async def come(self, slug: str) -> None:
        """Log in again and again; a new browser each time, as most people come."""
        while True:
            await self._turn()
            async with self.there.partner(slug) as somebody:
                await self._login(somebody)

    async def _turn(self) -> None:
        if self.per_second:
            self._due = max(self._due + 1 / self.per_second, time.monotonic() - 1)
            await asyncio.sleep(max(0.0, self._due - time.monotonic()))

    async def _login(self, somebody: Partner) -> None:
        try:
            await somebody.claims()
            self.done += 1
        except (AssertionError, LookupError, httpx2.HTTPError) as failure:
            self.failed += 1
            print(f"soak: a login failed: {failure!s:.200}", flush=True)

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """While the block runs."""
        coming = [asyncio.create_task(self.come(slug)) for slug in EVERYBODY]
        try:
            yield
        finally:
            for one in coming:
                one.cancel()
            await asyncio.gather(*coming, return_exceptions=True)


async def soak(there: Deployed, minutes: float) -> list[str]:
    """What grows."""
    processes = {"provider": await there.provider(**LIVES_SHORT), "worker": await there.worker(**LIVES_SHORT)}
    peak = Load(there)
    async with peak.going_on():
        await asyncio.sleep(PEAK_FOR)
    load = Load(there, PART * peak.done / PEAK_FOR)
    print(
        f"soak: {peak.done / PEAK_FOR:.1f} logins a second at most; {load.per_second:.1f} for {minutes:g} minutes", flush=True
    )
    until = time.monotonic() + 60 * minutes
    async with load.going_on():
        samples = await asyncio.gather(*(watched(one.process.pid, until) for one in processes.values()))
    logins = peak.done + load.done
    counted = await rows(there.store.database)
    wrong = too_many(counted, BOUNDS, max(peak.done / PEAK_FOR, load.done / (60 * minutes)), logins)
    for name, found in zip(processes, samples, strict=True):
        wrong += wrong_with(name, found, 20 * minutes)
        sizes = " ".join(f"{one.memory / 2**20:.1f}" for one in found[:: max(len(found) // 12, 1)])
        print(f"soak: {name}: {sizes} MiB, {found[-1].files} files")
    print(f"soak: {logins} logins, {load.failed} failed; rows: {counted}")
    return wrong + ([f"{load.failed} logins failed"] if load.failed else [])


async def main(minutes: float, *, on_sqlite: bool) -> int:
    """How much grows."""
    with tempfile.TemporaryDirectory(prefix="gpic-soak-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        server = None if on_sqlite else stack.enter_context(serving(()))
        database = str(folder / "provider.sqlite") if server is None else server.url()
        async with deployed(folder, database, SandboxKeys()) as there:
            wrong = await soak(there, minutes)
    for one in wrong:
        print(f"✗ {one}", flush=True)
    if minutes < SHORT:
        print(f"soak: in less than {SHORT} minutes the line through the memory is a guess", flush=True)
    print("soak: nothing grows" if not wrong else f"soak: {len(wrong)} things are not as they should be")
    return len(wrong)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="./go soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--sqlite", action="store_true", help="on a SQLite file instead of a PostgreSQL server of its own")
    asked = parser.parse_args()
    sys.exit(1 if asyncio.run(main(asked.minutes, on_sqlite=asked.sqlite)) else 0)

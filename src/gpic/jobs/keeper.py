"""Keeps everything moving that no login asks for: rounds over many persons, and whoever has lost their task."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from gpic.credentials.rounds import Sweep, Walker

LOG: Final = logging.getLogger("gpic.rounds")


@dataclass(frozen=True, slots=True)
class Keeper:
    """One process's keeper; any number may run, on any number of hosts."""

    walker: Walker
    sweep: Sweep
    pause: timedelta = timedelta(seconds=1)  #: when there is nothing to walk, or too much waits
    sweep_every: timedelta = timedelta(minutes=1)
    elapsed: Callable[[], float] = time.monotonic

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until *stop* is set; the page that is being walked is finished. A store that is silent is asked again."""
        next_sweep = self.elapsed()
        while not stop.is_set():
            walked = False
            try:
                if self.elapsed() >= next_sweep:
                    next_sweep = self.elapsed() + self.sweep_every.total_seconds()
                    await self._look_after()
                walked = await self.walker.carry_on()
            except Exception as failure:  # noqa: BLE001 - whatever a store raises must not end the keeper
                LOG.warning("a round could not be walked: %s", type(failure).__name__)
            if not walked:
                await self._wait(stop)

    async def _look_after(self) -> None:
        if left := await self.sweep.run():
            LOG.warning("registrations had lost their tasks: %d", left)
        if await self.walker.begin_periodic():
            LOG.info("the periodic round begins")

    async def _wait(self, stop: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.pause.total_seconds()):
                await stop.wait()

"""What lies under an older key comes under the current one by and by, beside everything else that a worker does (N7)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from gpic.provider.ports import CabinetSilent
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql.resealing import reseal
from gpic.storage.sealing import SealBroken, Sealer

LOG: Final = logging.getLogger("gpic.process")


@dataclass(slots=True)
class BackgroundSealing:
    """Looks whether another key has become the current one, and then reseals; with one key alone there is nothing to do."""

    database: Database
    sealer: Sealer
    every: timedelta = timedelta(minutes=5)
    _done: bytes = field(default=b"", init=False)  #: the mark of the key under which everything lies already

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until *stop* is set."""
        while not stop.is_set():
            await self.look()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.every.total_seconds())

    async def look(self) -> None:
        """Reseal what is to be resealed; what cannot be done now is done the next time."""
        mark = self.sealer.mark
        if not self.sealer.has_former or mark == self._done:
            return
        try:
            count = await reseal(self.database, self.sealer)
        except CabinetSilent:
            return
        except SealBroken:
            LOG.error("something was sealed with a key that the source of keys lacks; it stays as it is")  # noqa: TRY400 - no trace is needed
        else:
            LOG.info("%d envelopes were sealed anew with the current key", count)
        self._done = mark

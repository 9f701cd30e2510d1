"""What goes on in a process until it is told to stop, and what is read again when it is told to (SIGHUP)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from gpic.gp_systems.directory import Reloaded
from gpic.gp_systems.mapping_file import LeftAsItWas, MappingFile
from gpic.wiring.gp_systems import LOOK_EVERY

LOG: Final = logging.getLogger("gpic.process")


class Runs(Protocol):
    """Something that goes on until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until *stop* is set."""
        ...


class NotTakenOver(Exception):
    """What was to be read again is no good; what was in force stays. The message is for an operator."""


async def nobody_cares(_told: Reloaded) -> None:
    """For a process that only looks things up in the directory."""


@dataclass(frozen=True, slots=True)
class CurrentMapping:
    """Reads the practice mapping again and again, and *tells* whose system has changed (N19)."""

    file: MappingFile
    tell: Callable[[Reloaded], Awaitable[None]] = nobody_cares
    every: timedelta = LOOK_EVERY
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until *stop* is set; a broken file is logged, and the calendar goes on all the same."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.every.total_seconds())
                return
            with contextlib.suppress(NotTakenOver):
                await self.read_again()

    async def read_again(self) -> None:
        """Take the file as it is now. Raises NotTakenOver."""
        async with self._one_at_a_time:
            outcome = await asyncio.to_thread(self.file.reload)
            told = self.file.directory.look() if isinstance(outcome, LeftAsItWas) else outcome
            if told.changed:
                await self.tell(told)
            if isinstance(outcome, LeftAsItWas):
                raise NotTakenOver(outcome.why)


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads everything of *again* anew, in order, whenever *asked* is set. What cannot be read stays as it was."""

    again: Mapping[str, Callable[[], Awaitable[None]]]
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until *stop* is set."""
        ending = asyncio.create_task(stop.wait())
        while not stop.is_set():
            asking = asyncio.create_task(self.asked.wait())
            await asyncio.wait({ending, asking}, return_when=asyncio.FIRST_COMPLETED)
            asking.cancel()
            if not stop.is_set():
                self.asked.clear()
                await self.read_everything()

    async def read_everything(self) -> None:
        """Each on its own: one that fails holds up no other."""
        for name, read_again in self.again.items():
            try:
                await read_again()
            except Exception as mistake:  # noqa: BLE001 - a broken file must not end what runs
                why = str(mistake) if isinstance(mistake, (NotTakenOver, ValueError)) else type(mistake).__name__
                LOG.error("%s could not be read again, the old goes on: %s", name, why)  # noqa: TRY400 - nobody needs the trace
            else:
                LOG.info("%s: read again", name)


@contextlib.asynccontextmanager
async def at_work(running: Iterable[Runs], stop: asyncio.Event) -> AsyncIterator[None]:
    """Everything runs while the block does; at its end each is told to *stop* and finishes what it has in its hands.

    One that fails ends the block, too: a process that does half its work is worse than one that is started again.
    """
    async with asyncio.TaskGroup() as group:
        for one in running:
            group.create_task(one.run(stop), name=type(one).__name__)
        try:
            yield
        finally:
            stop.set()

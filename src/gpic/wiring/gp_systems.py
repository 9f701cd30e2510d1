"""The GP systems, put together for one application: the directory from its file, and an adapter for every supplier."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from gpic.gp_systems.directory import Directory, EngineSurgeries, PartnerSurgeries, Reloaded
from gpic.gp_systems.mapping import SUPPLIER_NAMES
from gpic.gp_systems.mapping_file import LeftAsItWas, MappingFile
from gpic.gp_systems.plugs import installed
from gpic.gp_systems.systems import Interface, Systems
from gpic.nhs.clock import Clocks

#: How often the mapping is looked at again: dated lines take effect, and a new file comes into force, within it.
LOOK_EVERY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class GpSystemsSettings:
    """Where the practice mapping is, and every supplier's interface by the supplier's name."""

    mapping: Path
    interfaces: Mapping[str, Interface]
    names: Mapping[str, str] = field(default_factory=lambda: SUPPLIER_NAMES)  #: suppliers' names in the mapping


def suppliers() -> tuple[str, ...]:
    """The suppliers that are installed, in order of their names."""
    return installed()


@dataclass(frozen=True, slots=True)
class Surgeries:
    """The practices and their systems, for the engine or for a partner kit."""

    file: MappingFile
    systems: Systems

    @property
    def directory(self) -> Directory:
        """Names of practices, and who serves them."""
        return self.file.directory

    def for_engine(self) -> EngineSurgeries:
        """What the engine's port wants."""
        return EngineSurgeries(self.directory, self.systems.at)

    def for_partner(self) -> PartnerSurgeries:
        """What the kit's port wants."""
        return PartnerSurgeries(self.directory, self.systems.at)


@contextlib.asynccontextmanager
async def surgeries(settings: GpSystemsSettings, clocks: Clocks | None = None) -> AsyncIterator[Surgeries]:
    """All GP systems of one application, closed at the end. Raises FileUnreadable, MappingInvalid, PlugUnfit."""
    clocks = clocks or Clocks()
    file = MappingFile(settings.mapping, clock=clocks.world, names=settings.names)
    async with Systems(settings.interfaces, clock=clocks.wire) as systems:
        yield Surgeries(file, systems)


async def keep_current(
    file: MappingFile, tell: Callable[[Reloaded], Awaitable[None]], *, every: timedelta = LOOK_EVERY
) -> None:
    """Reload the mapping again and again, until cancelled, and *tell* whose system has changed (N19).

    A broken file is logged, and what was in force stays; the calendar goes on all the same.
    """
    while True:
        await asyncio.sleep(every.total_seconds())
        outcome = await asyncio.to_thread(file.reload)
        told = file.directory.look() if isinstance(outcome, LeftAsItWas) else outcome
        if told.changed:
            await tell(told)

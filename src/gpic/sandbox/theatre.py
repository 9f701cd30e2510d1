"""A sandbox that can begin anew: one act after another on the same ground, from the start or from something that was kept."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable
from typing import Final

import msgspec

from gpic.provider.clients import Client
from gpic.provider.registration import Entry, registered
from gpic.sandbox import kept as keeping
from gpic.sandbox.act import Stage, act
from gpic.sandbox.doors import FRONT, emptied
from gpic.sandbox.ground import Ground, ground
from gpic.sandbox.kept import Kept
from gpic.sandbox.script import Script

#: Seconds in which what is under way may come to its end before another act begins.
PATIENCE: Final = 5.0
SNAPSHOT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MOST_SNAPSHOTS: Final = 100


class SnapshotUnknown(KeyError):
    """There is no snapshot of this name."""

    def __str__(self) -> str:
        return str(self.__doc__)


class SnapshotRefused(ValueError):
    """A snapshot cannot have this name, or there are too many; the message says which."""


class Theatre:
    """The act that is on, and how another one begins. What stays: addresses, keys, registered services, snapshots."""

    def __init__(self, laid: Ground) -> None:
        self.ground = laid
        self.snapshots: dict[str, Kept] = {}
        self.acts = 0  #: so many have begun
        self._start: Kept | None = None
        self._stage: Stage | None = None
        self._ending = contextlib.AsyncExitStack()
        self._audience: list[Callable[[Stage], None]] = []
        self._changing = asyncio.Lock()

    @property
    def stage(self) -> Stage:
        """The act that is on."""
        if self._stage is None:
            raise RuntimeError("no act is on")
        return self._stage

    def each_act(self, watch: Callable[[Stage], None]) -> None:
        """Call *watch* with the act that is on, and with every further one as soon as it is."""
        self._audience.append(watch)
        if self._stage is not None:
            watch(self._stage)

    async def open(self, kept: Kept | None = None) -> None:
        """The first act, from the script or as *kept*; `reset` comes back to the script's start."""
        await self._begin(kept)
        if kept is None:
            await self._quiet()
            self._start = await self._keep()

    async def close(self) -> None:
        """End the act that is on."""
        async with self._changing:
            await self._ending.aclose()
            self._stage = None

    async def reset(self) -> None:
        """Everything as the script has it; services registered since then stay."""
        async with self._changing:
            await self._end()
            await self._begin(self._start and self._afresh(self._start))
            if self._start is None:
                await self._quiet()
                self._start = await self._keep()

    async def restore(self, name: str) -> None:
        """Everything as in that snapshot; sessions that were open at GP systems have ended. Raises SnapshotUnknown."""
        async with self._changing:
            kept = self.snapshots.get(name)
            if kept is None:
                raise SnapshotUnknown(name)
            await self._end()
            await self._begin(kept)

    async def snapshot(self, name: str) -> None:
        """Keep everything under this name, in place of what had it. Raises SnapshotRefused."""
        if not SNAPSHOT_NAME.fullmatch(name):
            raise SnapshotRefused("A snapshot's name is 1 to 64 letters, digits, '.', '_' or '-'.")
        async with self._changing:
            if name not in self.snapshots and len(self.snapshots) >= MOST_SNAPSHOTS:
                raise SnapshotRefused(f"There are {MOST_SNAPSHOTS} snapshots; forget one first.")
            await self._quiet()
            self.snapshots[name] = await self._keep()

    def forget(self, name: str) -> None:
        """Keep that snapshot no longer; raises SnapshotUnknown."""
        if self.snapshots.pop(name, None) is None:
            raise SnapshotUnknown(name)

    async def kept(self) -> Kept:
        """Everything as it is at this moment, for a file."""
        async with self._changing:
            return await self._keep()

    async def register(self, entry: Entry) -> Client:
        """Register somebody's service, or change it: every role knows it at once. Raises RegistrationInvalid."""
        async with self._changing:
            client = registered(entry, self.stage.nhs_login.policy)
            await self.stage.nhs_login.cabinets.clients.put(client)
            self.ground.visitors[entry.client_id] = entry
            self.stage.callers.enrol(entry.client_id, entry.name)
            return client

    async def _quiet(self) -> None:
        """Let what is under way come to its end, for a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self.stage.settled()

    async def _end(self) -> None:
        await self._quiet()
        await emptied((self.ground.doors[name] for name in FRONT), PATIENCE)
        await self._ending.aclose()

    async def _begin(self, kept: Kept | None) -> None:
        self.ground.visitors.update(kept.visitors if kept is not None else {})
        self._ending = contextlib.AsyncExitStack()
        self._stage = await self._ending.enter_async_context(act(self.ground, kept))
        self.acts += 1
        for watch in tuple(self._audience):
            watch(self._stage)

    async def _keep(self) -> Kept:
        stage = self.stage
        world_at, wire_at = keeping.stamps(stage.clocks)
        return Kept(
            world=stage.world.snapshot(),
            world_at=world_at,
            wire_at=wire_at,
            frozen=stage.world_clock.is_frozen,
            files=await asyncio.to_thread(keeping.files_in, stage.folder),
            switches=stage.switchboard.all(),
            faults=[one.fault.plain() for one in stage.faults.rules()],
            visitors=dict(self.ground.visitors),
        )

    @staticmethod
    def _afresh(start: Kept) -> Kept:
        """The same start, at this moment: a world begins when it begins."""
        return msgspec.structs.replace(start, world_at=start.wire_at, frozen=False)


@contextlib.asynccontextmanager
async def theatre(port: int = 0, script: Script | None = None, kept: Kept | None = None) -> AsyncIterator[Theatre]:
    """A sandbox whose acts can follow one another. Raises what `ground` and `act` raise."""
    async with ground(port, script or Script()) as laid:
        running = Theatre(laid)
        try:
            await running.open(kept)
            yield running
        finally:
            await running.close()

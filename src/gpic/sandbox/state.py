"""A sandbox's state in a file: read when it starts, written while it runs and when it ends, by one sandbox at a time."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from gpic.sandbox import kept as keeping
from gpic.sandbox.kept import Kept
from gpic.sandbox.theatre import Theatre

#: Seconds between two looks whether something has changed: so much is lost at most when somebody pulls the plug.
PAUSE: Final = 2.0


class StateTaken(Exception):
    """Another sandbox keeps its state there."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"Another sandbox keeps its state in {path}; choose another --state, or --ephemeral.")


class StateInvalid(Exception):
    """The file is no sandbox of ours, or cannot be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is no state of a sandbox of this version; move it away to begin anew, or choose another --state."
        )


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else's state while the block runs. The lock goes with the process, however that ends. Raises StateTaken."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_WRONLY | os.O_CREAT, keeping.OWNER_ONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise StateTaken(path) from None
    try:
        yield
    finally:
        os.close(lock)


def read(path: Path) -> Kept | None:
    """What the last sandbox left; None where there was none. Raises StateInvalid."""
    try:
        return keeping.read(path)
    except (keeping.KeptInvalid, OSError):
        raise StateInvalid(path) from None


@contextlib.asynccontextmanager
async def written(theatre: Theatre, path: Path, pause: float = PAUSE) -> AsyncIterator[None]:
    """Write down what changes while the block runs, and how everything is when it ends."""
    stop = asyncio.Event()
    writing = asyncio.create_task(_write(theatre, path, pause, stop), name="state")
    try:
        yield
    finally:
        stop.set()
        await writing
        await _save(theatre, path)


async def _write(theatre: Theatre, path: Path, pause: float, stop: asyncio.Event) -> None:
    seen: object = None
    while not stop.is_set():
        if (now := _sign(theatre)) != seen:
            await _save(theatre, path)
            seen = now
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), pause)


async def _save(theatre: Theatre, path: Path) -> None:
    kept = await theatre.kept()
    await asyncio.to_thread(keeping.save, kept, path)


def _sign(theatre: Theatre) -> object:
    """Another one whenever something worth keeping has changed."""
    stage = theatre.stage
    files = sorted((one.name, one.stat().st_mtime_ns) for one in stage.folder.iterdir() if "-shm" not in one.name)
    clock = (stage.world_clock.is_frozen, round((stage.clocks.world.now() - stage.clocks.wire.now()).total_seconds()))
    faults = tuple(stage.faults.in_force)
    people = (len(stage.world.patients), len(stage.world.outbox), len(stage.world.happenings))
    return theatre.acts, files, clock, faults, people, stage.switchboard.all(), stage.world.lags, len(theatre.ground.visitors)

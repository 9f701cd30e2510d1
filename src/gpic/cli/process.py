"""What `gpic provider` and `gpic worker` have in common: signals, and how they end."""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine

from gpic.cli.exits import Exit
from gpic.settings import SettingsInvalid


async def until_stopped(name: str, run: Callable[[asyncio.Event, asyncio.Event], Awaitable[None]]) -> int:
    """Run with the events that SIGTERM or Ctrl-C, and SIGHUP, set. The exit code: 0, or 2 when it could not begin."""
    from gpic.wiring.cabinets import StorageUnusable

    leave_no_core()
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    try:
        await run(stop, again)
    except (SettingsInvalid, StorageUnusable, ValueError, OSError) as mistake:
        sys.stderr.write(f"gpic {name}: {mistake}\n")
        return Exit.CANNOT_BEGIN
    return Exit.DONE


def run_quickly(work: Coroutine[None, None, int]) -> int:
    """Run in an event loop that costs a half of asyncio's own; the exit code."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def leave_no_core() -> None:
    """A process that dies writes no image of its memory: keys and people's details stand there unsealed."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def say(name: str, words: str) -> None:
    """One line on standard output, at once."""
    print(f"gpic {name}: {words}", flush=True)

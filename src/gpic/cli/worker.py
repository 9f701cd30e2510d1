"""`gpic worker`: one process that carries out the engine's tasks."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path

from gpic.cli.process import say, until_stopped
from gpic.monitoring.log_format import LogFormat


async def run(path: Path, log_format: LogFormat) -> int:
    """The exit code: 0 after SIGTERM or Ctrl-C, 2 when it could not begin."""
    from gpic.monitoring.logs import configure

    configure(log_format)
    return await until_stopped("worker", partial(work, path))


async def work(path: Path, stop: asyncio.Event, again: asyncio.Event) -> None:
    """Work until *stop*; read files again at *again*."""
    from gpic.wiring.process_file import read
    from gpic.wiring.running import at_work
    from gpic.wiring.worker import put_together

    async with put_together(read(path, os.environ), again) as running, at_work(running, stop):
        say("worker", "working")
        await stop.wait()
        say("worker", "finishing what is under way")

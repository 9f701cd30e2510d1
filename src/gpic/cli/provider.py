"""`gpic provider`: one process that answers partners and people."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path

from gpic.cli.process import say, until_stopped
from gpic.monitoring.log_format import LogFormat


async def run(path: Path, log_format: LogFormat, *, with_worker: bool) -> int:
    """The exit code: 0 after SIGTERM or Ctrl-C, 2 when it could not begin."""
    from gpic.monitoring.logs import configure

    configure(log_format)
    return await until_stopped("provider", partial(answer, path, with_worker))


async def answer(path: Path, with_worker: bool, stop: asyncio.Event, again: asyncio.Event) -> None:  # noqa: FBT001 - partial
    """Answer until *stop*; read files again at *again*."""
    from gpic.wiring.process_file import read
    from gpic.wiring.provider_process import put_together
    from gpic.wiring.running import at_work

    together = put_together(read(path, os.environ), again, with_worker=with_worker)
    async with together as process, at_work(process.running, stop):
        await process.front.server.up.wait()
        say("provider", f"answering on {process.front.address}")
        await stop.wait()
        say("provider", "finishing what is under way")

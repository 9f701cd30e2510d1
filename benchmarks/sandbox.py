"""How soon a sandbox is ready: from the command to the last of its addresses, held against an interpreter that starts."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.frame import Figure, compared, main

READY = "Console: "


async def sandbox() -> Sequence[Figure]:
    """Milliseconds; the ratio is how many bare interpreters could have started meanwhile."""
    return [await compared("sandbox.ready", ready, interpreter, unit="milliseconds", is_kept=False)]


async def ready() -> float:
    """Until the console's link is printed."""
    command = [str(Path(sys.executable).with_name("gpic")), "sandbox", "--ephemeral", "--port", "0"]
    began = time.perf_counter()
    with subprocess.Popen(  # noqa: S603, ASYNC220 - our own command, and nothing else goes on
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        next(line for line in process.stdout if READY in line)
        took = time.perf_counter() - began
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=20)
    return 1000 * took


async def interpreter() -> float:
    """Python itself."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)  # noqa: ASYNC221 - our own interpreter
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main(sandbox)

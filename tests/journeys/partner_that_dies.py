"""A partner's process that kills itself at the n-th call of one of its ports: before it, or after it.

Arguments: two TOML files, n (0 for never), `before` or `after`. It prints where to send the browser, reads the callback's
address, and prints how the login ended.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gpic.relying_party import Connected
from gpic.relying_party.ports import Cabinets, GpSystem
from gpic.wiring.partner_file import cabinets_of, partner_from, read

BROWSER: Final = "the-same-browser"


@dataclass
class Tripwire:
    """Counts the calls of all ports together, and kills this process at one of them."""

    at: int
    when: str
    calls: int = 0

    def around(self, port: object) -> object:
        """The same port, with the wire across its door."""
        return Wired(port, self)

    async def call(self, method: Callable[..., Awaitable[object]], *words: object) -> object:
        """One call."""
        self.calls += 1
        deadly = self.calls == self.at
        if deadly and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await method(*words)
        if deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer


class Wired:
    """A port whose every call goes over the wire."""

    def __init__(self, port: object, wire: Tripwire) -> None:
        self._port, self._wire = port, wire

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        """A method of the port."""
        method = getattr(self._port, name)

        async def called(*words: object) -> object:
            return await self._wire.call(method, *words)

        return called


class WiredSystems:
    """GP systems behind the wire."""

    def __init__(self, systems: object, wire: Tripwire) -> None:
        self._systems, self._wire = systems, wire

    def system_of(self, practice: object) -> tuple[str, GpSystem] | None:
        """A local look; the system's own methods are wired."""
        found = self._systems.system_of(practice)  # type: ignore[attr-defined]
        return (found[0], self._wire.around(found[1])) if found else None  # type: ignore[return-value]


def say(line: str) -> None:
    """Tell whoever started this process."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(always: str, here: str, at: int, when: str) -> None:
    """One login."""
    wire = Tripwire(at, when)
    kept = cabinets_of(read(Path(always), Path(here)).storage)
    cabinets = Cabinets(kept.attempts, wire.around(kept.linkages), kept.returns)  # type: ignore[arg-type]
    service = partner_from(always, here, cabinets=cabinets)
    party = service.party
    party._gp_systems = WiredSystems(party._gp_systems, wire)
    started = await party.start(BROWSER)
    say(started.url)
    outcome = await party.finish(BROWSER, (await asyncio.to_thread(sys.stdin.readline)).strip())
    told = "connected" if isinstance(outcome, Connected) else f"{type(outcome).__name__}"
    say(f"{told} {wire.calls}")
    await service.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))

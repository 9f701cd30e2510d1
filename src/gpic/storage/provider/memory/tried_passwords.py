"""How often passwords were tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from gpic.provider.sign_in_limits import Limit, Tries, counted, wait


@dataclass(slots=True)
class MemoryTriedPasswords:
    """Tries by what they were at."""

    _tries: dict[str, Tries] = field(default_factory=dict, repr=False)

    async def begin(self, limits: Sequence[tuple[str, Limit]], now: datetime) -> timedelta | None:
        """Count one try at each, or say how long a pause lasts."""
        pause = max(wait(self._tries.get(what), limit, now) for what, limit in limits)
        if pause:
            return pause
        self._tries |= {what: counted(self._tries.get(what), limit, now) for what, limit in limits}
        return None

    async def forget(self, what: str) -> None:
        """Nothing is counted there any more."""
        self._tries.pop(what, None)

    async def take_back(self, what: str) -> None:
        """One try less there."""
        there = self._tries.get(what)
        if there is not None:
            self._tries[what] = replace(there, count=max(there.count - 1, 0))

"""The loop guard (R9): how often a person is sent back to NHS login without pressing a button."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from gpic.nhs.clock import Clock
from gpic.relying_party.decisions import History
from gpic.relying_party.outcomes import Obstacle
from gpic.relying_party.ports import Allowance, Returns


def person(sub: str) -> str:
    """Who is counted once a sub is known."""
    return f"sub:{sub}"


def browser(held: str) -> str:
    """Who is counted before that."""
    return f"browser:{hashed(held)}"


def hashed(held: str) -> str:
    """What stands in our stores for what a browser holds; 64 hex digits."""
    return hashlib.sha256(held.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LoopGuard:
    """Counts automatic returns in a sliding window of the world clock. A pressed button never asks here."""

    returns: Returns
    allowance: Allowance
    clock: Clock

    async def history(self, who: str) -> History:
        """The returns that still count."""
        return History(await self.returns.since(who, self.clock.now() - self.allowance.window), self.allowance.most)

    async def admits(self, who: str, why: Obstacle) -> bool:
        """Count one more return before it is made; False when there were enough, whoever counted them."""
        return await self.returns.reserve(who, why, self.clock.now(), self.allowance)

    async def time_to_wait(self, who: str) -> timedelta | None:
        """When the oldest return leaves the window; None when none counts."""
        history = await self.history(who)
        if not history.returns:
            return None
        return history.returns[0].at + self.allowance.window - self.clock.now()

    async def clear(self, *who: str) -> None:
        """An unrestricted session was opened: what happened before no longer counts."""
        await self.returns.clear(*who)

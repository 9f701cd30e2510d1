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

    async def admits(self, why: Obstacle, *whom: str) -> bool:
        """Count one more return before it is made; False when any of these had enough, whoever counted them.

        Whoever is known counts as their browser too: else two logins that prove nothing could follow two that do.
        """
        for who in whom:
            if not await self.returns.reserve(who, why, self.clock.now(), self.allowance):
                return False
        return True

    async def time_to_wait(self, *whom: str) -> timedelta | None:
        """When who has had the most may return again, since their oldest leaves the window; None when none counts."""
        histories = [(await self.history(who)).returns for who in whom]
        oldest = [returns[0].at for returns in histories if len(returns) >= self.allowance.most]
        oldest = oldest or [returns[0].at for returns in histories if returns]
        return max(oldest) + self.allowance.window - self.clock.now() if oldest else None

    async def clear(self, *who: str) -> None:
        """An unrestricted session was opened: what happened before no longer counts."""
        await self.returns.clear(*who)

"""Taking turns at PDS, whose limit holds for an application as a whole (`demographics.md` §1.7; N20)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from gpic.nhs.answers import Unreachable


class Pace(Protocol):
    """Hands out turns, a fixed span apart, to everybody who asks under one name, on all hosts."""

    async def take(self, *, urgent: bool, patience: timedelta) -> timedelta | None:
        """How long to wait for a turn that is ours from now on; None when there is none within *patience*.

        Who is *urgent* gets the next turn; who is not gets only one that is free at this moment, and so never stands before
        somebody urgent who comes later.
        """
        ...


@dataclass(frozen=True, slots=True)
class Turns:
    """One caller's way to its turns: a login's, or the background's."""

    pace: Pace
    urgent: bool
    patience: timedelta
    look_again: timedelta = timedelta(milliseconds=100)  #: how soon the background looks whether a turn is free
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def wait(self) -> Unreachable | None:
        """Return when it is our turn; Unreachable when it was not within our patience (N12)."""
        left = self.patience
        while True:
            turn = await self.pace.take(urgent=self.urgent, patience=left)
            if turn is not None:
                await self.sleep(turn.total_seconds())
                return None
            if self.urgent or left <= self.look_again:
                return Unreachable(self.patience, detail="no-turn")
            await self.sleep(self.look_again.total_seconds())
            left -= self.look_again

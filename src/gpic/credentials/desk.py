"""What every task of the engine works with, and how a task ends before its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from gpic.credentials import changes
from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.policy import CredentialsPolicy
from gpic.credentials.ports import (
    Alarms,
    AuditEvent,
    AuditRecord,
    Holdings,
    IdentityTokens,
    Jobs,
    Pds,
    People,
    Saved,
    Surgeries,
    Task,
    TaskKind,
    TryAgainAt,
)
from gpic.nhs.answers import Reason, Silence, Unreachable
from gpic.nhs.clock import Clocks


class Overtaken(Exception):
    """Somebody else changed the holding meanwhile; this run's result is discarded."""


class Ended(Exception):
    """It ends here, for a lasting reason (N11)."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Merged(Exception):
    """PDS knows this person and another as one; *survivor* has the accounts now (N1)."""

    def __init__(self, survivor: PersonId) -> None:
        super().__init__("merged")
        self.survivor = survivor


class Moved(Exception):
    """They have another practice by now; what was learned of the old one is void (N8)."""


class NotNow(Exception):
    """No answer came (N12)."""

    def __init__(self, silence: Silence) -> None:
        super().__init__(type(silence).__name__)
        self.silence = silence


def no_chance() -> float:
    """No jitter: for tests and for a single worker."""
    return 0.0


@dataclass(frozen=True, slots=True)
class Desk:
    """The engine's ports, clocks and settings. *chance* gives numbers between 0 and 1, for jitter."""

    holdings: Holdings
    people: People
    jobs: Jobs
    pds: Pds
    surgeries: Surgeries
    identity_tokens: IdentityTokens
    alarms: Alarms
    clocks: Clocks
    policy: CredentialsPolicy
    chance: Callable[[], float] = field(default=no_chance)

    def now(self) -> datetime:
        """The world's time, by which ages and windows are measured."""
        return self.clocks.world.now()

    def is_due(self, holding: Holding) -> bool:
        """Whether the pause after a refusal is over (N11)."""
        return holding.next_try_at is None or holding.next_try_at <= self.now()

    async def save(self, holding: Holding, event: AuditEvent | None = None, why: str = "") -> Holding:
        """Store it with its line in the audit trail (N7); raises Overtaken."""
        records = (AuditRecord(self.now(), holding.person, event, holding.version + 1, why=why),) if event else ()
        saved = await self.holdings.save(holding, *records)
        if not isinstance(saved, Saved):
            raise Overtaken
        return saved.holding

    async def withdraw(self, holding: Holding, why: changes.Departure) -> Holding:
        """Keep nothing of it any more (N18, N19, N22); raises Overtaken."""
        return await self.save(changes.left(holding), AuditEvent.WITHDRAWN, why)

    async def register_soon(self, person: PersonId) -> None:
        """Leave a registration to be run after this task.

        It is left *before* what makes it necessary is saved: a task that finds nothing to do costs one look, but a run
        that dies between the two would leave a person whom nobody looks after (J17).
        """
        await self.jobs.enqueue(Task(TaskKind.REGISTER, person), self.now())

    async def hand_over(self, holding: Holding, survivor: PersonId) -> Holding:
        """Withdraw what is held of somebody whom PDS merged with another, who is registered instead (N1)."""
        await self.register_soon(survivor)
        return await self.withdraw(holding, changes.Departure.NUMBERS_MERGED)

    async def later(self, holding: Holding, silence: Silence) -> TryAgainAt:
        """Count the silence, keep everything, and say when to try again (N12); raises Overtaken."""
        pause = self.policy.pause_after_silences(holding.silences + 1, self.chance())
        if isinstance(silence, Unreachable) and silence.retry_after is not None:
            pause = max(pause, min(silence.retry_after, self.policy.longest_pause))
        retry_at = self.now() + pause
        await self.save(changes.silent(holding, retry_at))
        return TryAgainAt(retry_at)

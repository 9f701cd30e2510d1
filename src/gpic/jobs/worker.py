"""Carries tasks out: claims, runs, renews the lease meanwhile, and writes down how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from gpic.credentials.ports import Finished, Task, TaskKind, TaskOutcome, TryAgainAt
from gpic.jobs.queue import AWAITED, Claimed, JobQueue
from gpic.nhs.clock import Clock

LOG: Final = logging.getLogger("gpic.jobs")
#: A lease is renewed when a third of it has gone, so that one renewal may fail.
RENEWALS: Final = 3
#: Why a task is set aside whose workers died of it, again and again.
WORKERS_DIED: Final = "workers-died"

Carry = Mapping[TaskKind, Callable[[Task], Awaitable[TaskOutcome]]]


@dataclass(frozen=True, slots=True)
class Failed:
    """The task raised; *reason* is the exception's class, since its text may quote what nobody should read."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The lease ended under the task; somebody else has it now."""


Ending = TaskOutcome | Failed | Lost


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a task that raises is tried, and after which pauses: *first*, doubling up to *longest*."""

    attempts: int = 5
    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(minutes=15)

    def pause_after(self, attempt: int) -> timedelta:
        """How long to wait after so many failed attempts."""
        return min(self.first * (1 << min(attempt - 1, 30)), self.longest)


@dataclass(frozen=True, slots=True)
class Worker:
    """Runs what *carry* says for each kind of task, *concurrency* at once. *clock* is the world's.

    *for_logins* of its hands, but never all, take nothing but what somebody waits for (N8, N20). *poll* bounds
    how late it notices what another process left, or that the world clock was moved.
    """

    queue: JobQueue
    carry: Carry
    clock: Clock
    concurrency: int = 8
    for_logins: int = 2
    lease: timedelta = timedelta(seconds=30)
    poll: timedelta = timedelta(milliseconds=500)
    patience: Patience = field(default_factory=Patience)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until *stop* is set, then finish what is under way and claim nothing more.

        Cancelling it instead leaves what is under way to the end of its leases.
        """
        loop, stirred = asyncio.get_running_loop(), asyncio.Event()

        def stir() -> None:
            loop.call_soon_threadsafe(stirred.set)

        async with asyncio.TaskGroup() as hands:
            hands.create_task(stir_at(stop, stirred))
            with self.queue.bell.heard_by(stir):
                await self._hand_out(hands, stop, stirred)

    async def _hand_out(self, hands: asyncio.TaskGroup, stop: asyncio.Event, stirred: asyncio.Event) -> None:
        """Claim whenever a hand is free and something stirs: a bell, a task's end, *stop*, or the poll."""
        busy: set[asyncio.Task[None]] = set()
        behind: set[asyncio.Task[None]] = set()  #: those of them that nobody waits for
        while not stop.is_set():
            stirred.clear()
            only_awaited = len(behind) >= max(self.concurrency - self.for_logins, 1)
            claimed = await self._claim(only_awaited=only_awaited) if len(busy) < self.concurrency else None
            if claimed is None:
                await stirs_within(stirred, self.poll)
                continue
            hand = hands.create_task(self._carry_out(claimed))
            for hands_of in (busy,) if claimed.task.kind in AWAITED else (busy, behind):
                hands_of.add(hand)
                hand.add_done_callback(hands_of.discard)
            hand.add_done_callback(lambda _: stirred.set())

    async def _claim(self, *, only_awaited: bool) -> Claimed | None:
        """The next task; a store that fails is asked again later, since it may be a full disk or a lock."""
        try:
            return await self.queue.claim(self.clock.now(), self.lease, only_awaited=only_awaited)
        except Exception as failure:  # noqa: BLE001 - whatever the store raises must not end the worker
            LOG.warning("the queue could not be asked: %s", type(failure).__name__)
            return None

    async def _carry_out(self, claimed: Claimed) -> None:
        """Run one task to its end and write down the end; where that cannot be written, the lease runs out."""
        try:
            if claimed.attempt > self.patience.attempts:
                await self.queue.set_aside(claimed, WORKERS_DIED)
            else:
                await self._write_down(claimed, await self._ending(claimed))
        except Exception as failure:  # noqa: BLE001 - see _claim
            LOG.warning("the end of a %s could not be written: %s", claimed.task.kind, type(failure).__name__)

    async def _ending(self, claimed: Claimed) -> Ending:
        """Run the task and keep its lease meanwhile; a task whose lease was lost is broken off."""
        work = asyncio.ensure_future(self.carry[claimed.task.kind](claimed.task))
        try:
            while not (await asyncio.wait({work}, timeout=self.lease.total_seconds() / RENEWALS))[0]:
                if not await self.queue.renew(claimed, self.lease):
                    break
        finally:
            work.cancel()
            await asyncio.wait({work})
        if work.cancelled():
            return Lost()
        failure = work.exception()
        return Failed(type(failure).__name__) if failure else work.result()

    async def _write_down(self, claimed: Claimed, ending: Ending) -> None:
        match ending:
            case Finished():
                await self.queue.finish(claimed)
            case TryAgainAt(when):
                await self.queue.postpone(claimed, when)
            case Failed(reason):
                LOG.warning("a %s failed, attempt %d: %s", claimed.task.kind, claimed.attempt, reason)
                await self._after_failure(claimed, reason)
            case Lost():
                LOG.warning("a %s lost its lease", claimed.task.kind)

    async def _after_failure(self, claimed: Claimed, reason: str) -> None:
        if claimed.attempt >= self.patience.attempts:
            await self.queue.set_aside(claimed, reason)
        else:
            due = self.clock.now() + self.patience.pause_after(claimed.attempt)
            await self.queue.postpone(claimed, due, failed=True)


async def stir_at(stop: asyncio.Event, stirred: asyncio.Event) -> None:
    """Wake whoever waits for *stirred* when it is time to stop."""
    await stop.wait()
    stirred.set()


async def stirs_within(stirred: asyncio.Event, span: timedelta) -> None:
    """Wait for the event, but no longer than *span*."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(span.total_seconds()):
            await stirred.wait()

"""The worker: what it claims, how it ends, and what it survives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Finished, Task, TaskKind, TaskOutcome, TryAgainAt
from gpic.jobs.memory import MemoryQueue
from gpic.jobs.queue import Claimed, SetAside
from gpic.jobs.worker import WORKERS_DIED, Patience, Worker
from gpic.nhs.clock import MovableClock

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NEVER = timedelta(hours=1)  #: a poll that no test waits for
ALICE = Task(TaskKind.RECHECK, PersonId("alice"))
BOB = Task(TaskKind.RECHECK, PersonId("bob"))


@dataclass
class Stage:
    """A queue, a world that stands still, and a worker whose tasks do what the test says."""

    act: Callable[[Task], Awaitable[TaskOutcome]]
    queue: MemoryQueue = field(default_factory=MemoryQueue)
    clock: MovableClock = field(default_factory=lambda: MovableClock(NOON))
    ran: list[Task] = field(default_factory=list)

    async def carry(self, task: Task) -> TaskOutcome:
        """Note the task, then do what the test says."""
        self.ran.append(task)
        return await self.act(task)

    def worker(self) -> Worker:
        """A worker that wakes by nothing but bells and ends."""
        patience = Patience(attempts=3, first=timedelta(seconds=5), longest=timedelta(seconds=8))
        return Worker(self.queue, dict.fromkeys(TaskKind, self.carry), self.clock, poll=NEVER, patience=patience)

    @asynccontextmanager
    async def at_work(self, worker: Worker | None = None) -> AsyncIterator[asyncio.Event]:
        """The worker works while the block runs, then drains."""
        stop = asyncio.Event()
        running = asyncio.create_task((worker or self.worker()).run(stop))
        try:
            async with asyncio.timeout(10):
                yield stop
                stop.set()
                await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def settle() -> None:
    """Let everything happen that can happen without waiting."""
    for _ in range(50):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Give it ten seconds."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    pytest.fail("it never came")


async def finish(_task: Task) -> TaskOutcome:
    """The simplest end."""
    return Finished()


async def fail(_task: Task) -> TaskOutcome:
    """An exception whose text nobody should read."""
    raise ZeroDivisionError("the linkage key is 12345")


async def test_a_task_runs_at_once_when_it_is_enqueued() -> None:
    """N8: a login that waits for it is not delayed by a poll."""
    stage = Stage(finish)
    async with stage.at_work():
        await settle()
        await stage.queue.enqueue(ALICE, NOON)
        await settle()

        assert [ALICE] == stage.ran
        assert None is await stage.queue.claim(NOON, NEVER)


async def test_what_waits_already_is_found_at_the_start() -> None:
    """A queue outlives its workers."""
    stage = Stage(finish)
    await stage.queue.enqueue(ALICE, NOON)
    async with stage.at_work():
        await settle()

        assert [ALICE] == stage.ran


async def test_what_another_process_left_is_found_by_looking() -> None:
    """No bell rings there; nor when a sandbox moves its world."""
    stage = Stage(finish)
    await stage.queue.enqueue(ALICE, NOON + timedelta(days=1))
    async with stage.at_work(replace(stage.worker(), poll=timedelta(milliseconds=5))):
        await settle()
        assert [] == stage.ran
        stage.clock.move(timedelta(days=1))
        await until(lambda: bool(stage.ran))

    assert [ALICE] == stage.ran


async def test_a_task_that_wants_to_be_run_again_is() -> None:
    """At the moment it names, not before, and its attempts begin anew."""
    later = NOON + timedelta(minutes=15)
    outcomes: Iterator[TaskOutcome] = iter([TryAgainAt(later), Finished()])

    async def act(_task: Task) -> TaskOutcome:
        return next(outcomes)

    stage = Stage(act)
    async with stage.at_work():
        await stage.queue.enqueue(ALICE, NOON)
        await settle()
    assert None is await stage.queue.claim(later - timedelta(microseconds=1), NEVER)
    stage.clock.move(timedelta(minutes=15))
    async with stage.at_work():
        await settle()

    assert [ALICE, ALICE] == stage.ran
    assert None is await stage.queue.claim(later, NEVER)


async def test_a_task_that_raises_is_tried_again_and_then_set_aside(caplog: pytest.LogCaptureFixture) -> None:
    """After pauses that double; only the exception's class is kept and logged, never its text."""
    stage = Stage(fail)
    await stage.queue.enqueue(ALICE, NOON)
    for attempt, pause in enumerate((5, 8, 0), start=1):
        with caplog.at_level(logging.WARNING, "gpic.jobs"):
            async with stage.at_work():
                await settle()
        assert attempt == len(stage.ran)
        async with stage.at_work():
            await settle()
        assert attempt == len(stage.ran)
        stage.clock.move(timedelta(seconds=pause))

    assert (SetAside(ALICE, "ZeroDivisionError"),) == await stage.queue.given_up()
    assert "ZeroDivisionError" in caplog.text
    assert "linkage" not in caplog.text


async def test_a_task_that_kills_its_workers_is_set_aside() -> None:
    """It is not run once more: its lease ended as often as patience lasts."""
    stage = Stage(finish)
    await stage.queue.enqueue(ALICE, NOON)
    for _ in range(3):
        assert await stage.queue.claim(NOON, timedelta(0))
    async with stage.at_work():
        await settle()

    assert [] == stage.ran
    assert (SetAside(ALICE, WORKERS_DIED),) == await stage.queue.given_up()


async def test_a_kind_that_nobody_carries_is_a_failure() -> None:
    """It does not end the worker."""
    stage = Stage(finish)
    await stage.queue.enqueue(ALICE, NOON)
    async with stage.at_work(replace(stage.worker(), carry={})):
        await settle()
        await stage.queue.enqueue(ALICE, NOON)
        await settle()

    assert [] == stage.ran


async def test_no_more_run_at_once_than_there_are_hands() -> None:
    """The others wait, and come when a hand is free."""
    go, most, now = asyncio.Event(), 0, 0

    async def act(_task: Task) -> TaskOutcome:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await go.wait()
        now -= 1
        return Finished()

    stage = Stage(act)
    tasks = [Task(TaskKind.REGISTER, PersonId(f"person {number}")) for number in range(7)]
    async with stage.at_work(replace(stage.worker(), concurrency=3)):
        for task in tasks:
            await stage.queue.enqueue(task, NOON)
        await settle()
        assert 3 == len(stage.ran)
        go.set()
        await settle()

    assert 3 == most
    assert tasks == stage.ran


@pytest.mark.parametrize(("concurrency", "for_logins", "free"), [(3, 2, 2), (3, 3, 2), (1, 2, 0), (3, 0, 0)])
async def test_some_hands_are_kept_free_for_logins(concurrency: int, for_logins: int, free: int) -> None:
    """N8, N20: what nobody waits for, and that may take long, leaves hands for what somebody waits for; one it always has."""
    go = asyncio.Event()

    async def act(_task: Task) -> TaskOutcome:
        await go.wait()
        return Finished()

    stage = Stage(act)
    behind = [Task(TaskKind.FOLLOW, PersonId(f"moved {number}")) for number in range(5)]
    waiting = [Task(TaskKind.REGISTER, PersonId(f"new {number}")) for number in range(5)]
    for task in behind:
        await stage.queue.enqueue(task, NOON)
    async with stage.at_work(replace(stage.worker(), concurrency=concurrency, for_logins=for_logins)):
        await settle()
        assert behind[: concurrency - free] == stage.ran
        for task in waiting:
            await stage.queue.enqueue(task, NOON)
        await settle()
        assert behind[: concurrency - free] + waiting[:free] == stage.ran
        go.set()
        for _ in behind + waiting:
            await settle()

    assert {*behind, *waiting} == set(stage.ran)


async def test_it_drains_when_it_stops() -> None:
    """What is under way is finished; nothing more is claimed."""
    go = asyncio.Event()

    async def act(_task: Task) -> TaskOutcome:
        await go.wait()
        return Finished()

    stage = Stage(act)
    async with stage.at_work() as stop:
        await stage.queue.enqueue(ALICE, NOON)
        await settle()
        stop.set()
        await stage.queue.enqueue(BOB, NOON)
        await settle()
        go.set()

    assert [ALICE] == stage.ran
    left = await stage.queue.claim(NOON, NEVER)
    assert left is not None
    assert BOB == left.task


async def test_a_long_task_keeps_its_lease() -> None:
    """It is renewed while the task runs, so that nobody else begins it."""
    go = asyncio.Event()

    async def act(_task: Task) -> TaskOutcome:
        await go.wait()
        return Finished()

    stage = Stage(act)
    short = timedelta(milliseconds=300)
    async with stage.at_work(replace(stage.worker(), lease=short)):
        await stage.queue.enqueue(ALICE, NOON)
        await asyncio.sleep(3 * short.total_seconds())
        assert None is await stage.queue.claim(NOON, short)
        go.set()

    assert [ALICE] == stage.ran


async def test_a_task_whose_lease_was_lost_is_broken_off() -> None:
    """Somebody else has it: two at once for one person must not be."""
    broken_off = asyncio.Event()

    async def act(_task: Task) -> TaskOutcome:
        try:
            await asyncio.sleep(60)
        finally:
            broken_off.set()
        return Finished()

    now = 0.0
    stage = Stage(act, MemoryQueue(elapsed=lambda: now))
    async with stage.at_work(replace(stage.worker(), lease=timedelta(milliseconds=30))):
        await stage.queue.enqueue(ALICE, NOON)
        await settle()
        now = 60.0
        heir = await stage.queue.claim(NOON, NEVER)
        assert heir is not None
        await broken_off.wait()

    assert await stage.queue.renew(heir, NEVER)
    assert () == await stage.queue.given_up()


@dataclass
class FailingQueue(MemoryQueue):
    """A queue whose disk is full now and then: the next calls named here fail."""

    failing: list[str] = field(default_factory=list)

    def _may_fail(self, name: str) -> None:
        if name in self.failing:
            self.failing.remove(name)
            raise OSError("no space")

    async def claim(self, now: datetime, lease: timedelta, *, only_awaited: bool = False) -> Claimed | None:
        """As the queue, or no answer."""
        self._may_fail("claim")
        return await super().claim(now, lease, only_awaited=only_awaited)

    async def finish(self, claimed: Claimed) -> None:
        """As the queue, or no answer."""
        self._may_fail("finish")
        await super().finish(claimed)

    async def renew(self, claimed: Claimed, lease: timedelta) -> bool:
        """As the queue, or no answer."""
        self._may_fail("renew")
        return await super().renew(claimed, lease)


@pytest.mark.parametrize("failing", ["claim", "finish", "renew"])
async def test_a_store_that_fails_does_not_end_the_worker(failing: str) -> None:
    """It goes on with the next task; the lease of the one concerned runs out."""

    async def act(task: Task) -> TaskOutcome:
        await asyncio.sleep(0.05 if task == ALICE else 0)
        return Finished()

    queue = FailingQueue(failing=[failing])
    stage = Stage(act, queue)
    async with stage.at_work(replace(stage.worker(), lease=timedelta(milliseconds=60), poll=timedelta(milliseconds=5))):
        await queue.enqueue(ALICE, NOON)
        await until(lambda: stage.ran.count(ALICE) == (1 if failing == "claim" else 2))
        await queue.enqueue(BOB, NOON)

    assert [] == queue.failing
    assert BOB in stage.ran or await queue.claim(NOON, NEVER)


async def test_a_cancelled_worker_breaks_off_what_it_runs() -> None:
    """The lease stays until it ends: the task is run anew elsewhere."""
    broken_off = asyncio.Event()

    async def act(_task: Task) -> TaskOutcome:
        try:
            await asyncio.sleep(60)
        finally:
            broken_off.set()
        return Finished()

    stage = Stage(act)
    running = asyncio.create_task(stage.worker().run(asyncio.Event()))
    await settle()
    await stage.queue.enqueue(ALICE, NOON)
    await settle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert broken_off.is_set()
    assert None is await stage.queue.claim(NOON, NEVER)


@given(st.integers(1, 10_000), st.timedeltas(timedelta(seconds=1), timedelta(days=1)))
def test_pauses_double_up_to_the_longest(attempt: int, longest: timedelta) -> None:
    """Never shorter than the one before, never longer than the longest."""
    patience = Patience(first=timedelta(seconds=1), longest=longest)
    pause, following = patience.pause_after(attempt), patience.pause_after(attempt + 1)

    assert timedelta(seconds=1) == patience.pause_after(1)
    assert following in {2 * pause, longest}
    assert pause <= following <= longest

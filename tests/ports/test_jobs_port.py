"""The queue, in every implementation. Leases run on the store's own time, due times on the world clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Task, TaskKind
from gpic.jobs.queue import Claimed, SetAside, WatchedQueue

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(seconds=30)
OVER = timedelta(0)  #: a lease that has ended as soon as it began
ALICE, BOB = PersonId("alice"), PersonId("bob")
REGISTER, RECHECK = Task(TaskKind.REGISTER, ALICE), Task(TaskKind.RECHECK, ALICE)
BOBS = Task(TaskKind.RECHECK, BOB)


async def claim(queue: WatchedQueue, now: datetime = NOW, lease: timedelta = LEASE) -> Claimed:
    """A lease that there must be."""
    claimed = await queue.claim(now, lease)
    assert claimed is not None
    return claimed


async def test_an_empty_queue_gives_nothing(queue: WatchedQueue) -> None:
    """And nobody waits in it."""
    assert None is await queue.claim(NOW, LEASE)


async def test_a_task_is_claimed_once_it_is_due(queue: WatchedQueue) -> None:
    """At the very moment, not before."""
    await queue.enqueue(REGISTER, NOW)

    assert None is await queue.claim(NOW - timedelta(microseconds=1), LEASE)
    claimed = await claim(queue)
    assert (REGISTER, 1) == (claimed.task, claimed.attempt)
    assert None is await queue.claim(NOW, LEASE)


async def test_at_most_one_of_a_task_waits(queue: WatchedQueue) -> None:
    """N14: ten at once leave one, which is finished once."""
    await asyncio.gather(*(queue.enqueue(RECHECK, NOW) for _ in range(10)))
    await queue.finish(await claim(queue))

    assert None is await queue.claim(NOW, LEASE)


async def test_many_may_wait(queue: WatchedQueue) -> None:
    """More than a driver watches before it prepares a statement."""
    people = [PersonId(f"person-{number}") for number in range(20)]
    for person in people * 2:
        await queue.enqueue(Task(TaskKind.RECHECK, person), NOW)

    assert people == [(await claim(queue)).task.person for _ in people]
    assert None is await queue.claim(NOW, LEASE)


@pytest.mark.parametrize(("first", "second"), [(1, 5), (5, 1)])
async def test_a_task_enqueued_again_keeps_the_earlier_moment(queue: WatchedQueue, first: int, second: int) -> None:
    """Whichever came first."""
    await queue.enqueue(RECHECK, NOW + timedelta(minutes=first))
    await queue.enqueue(RECHECK, NOW + timedelta(minutes=second))

    assert None is await queue.claim(NOW, LEASE)
    assert RECHECK == (await claim(queue, NOW + timedelta(minutes=1))).task


async def test_the_task_due_longest_comes_first(queue: WatchedQueue) -> None:
    """Nobody is forgotten behind later comers."""
    await queue.enqueue(RECHECK, NOW)
    await queue.enqueue(BOBS, NOW - timedelta(hours=1))

    assert BOBS == (await claim(queue)).task


async def test_what_somebody_waits_for_comes_before_what_nobody_waits_for(queue: WatchedQueue) -> None:
    """N8, N16, N20: a login's task does not stand in line behind a merger's; the shorter wait first, then who came first."""
    others = [Task(kind, PersonId(f"{kind} {n}")) for n in range(3) for kind in (TaskKind.FOLLOW, TaskKind.RECHECK)]
    awaited = [Task(TaskKind.CONFIRM, PersonId("c")), *(Task(TaskKind.REGISTER, PersonId(f"r {n}")) for n in range(2))]
    for hours, task in enumerate(others):
        await queue.enqueue(task, NOW - timedelta(hours=9 - hours))
    for task in awaited[1:] + awaited[:1]:
        await queue.enqueue(task, NOW)

    assert awaited + others == [(await claim(queue)).task for _ in awaited + others]


async def test_whoever_wants_only_what_is_awaited_gets_nothing_else(queue: WatchedQueue) -> None:
    """N20: hands that are kept free for logins, also where another worker died."""
    await queue.enqueue(Task(TaskKind.FOLLOW, BOB), NOW)
    await claim(queue, lease=OVER)
    await queue.enqueue(RECHECK, NOW)

    assert None is await queue.claim(NOW, LEASE, only_awaited=True)
    await queue.enqueue(REGISTER, NOW)
    for attempt in (1, 2):
        claimed = await queue.claim(NOW, OVER, only_awaited=True)
        assert claimed is not None
        assert (REGISTER, attempt) == (claimed.task, claimed.attempt)


async def test_at_most_one_task_of_a_person_runs(queue: WatchedQueue) -> None:
    """N8, N14: others' tasks go on; the person's next one comes when the first has ended."""
    await queue.enqueue(REGISTER, NOW)
    await queue.enqueue(RECHECK, NOW + timedelta(seconds=1))
    await queue.enqueue(BOBS, NOW + timedelta(seconds=2))
    later = NOW + timedelta(minutes=1)
    running = await claim(queue, later)

    assert REGISTER == running.task
    assert BOBS == (await claim(queue, later)).task
    assert None is await queue.claim(later, LEASE)

    await queue.finish(running)
    assert RECHECK == (await claim(queue, later)).task


async def test_a_task_enqueued_while_it_runs_runs_afterwards(queue: WatchedQueue) -> None:
    """What happened meanwhile is not missed."""
    await queue.enqueue(RECHECK, NOW)
    running = await claim(queue)
    await queue.enqueue(RECHECK, NOW)

    assert None is await queue.claim(NOW, LEASE)
    await queue.finish(running)
    assert RECHECK == (await claim(queue)).task


async def test_of_many_claimants_one_gets_a_task(queue: WatchedQueue) -> None:
    """At the same moment, each in its own thread."""
    await queue.enqueue(RECHECK, NOW)
    answers = await asyncio.gather(*(queue.claim(NOW, LEASE) for _ in range(10)))

    assert 1 == sum(answer is not None for answer in answers)


async def test_a_lease_that_ends_is_claimed_with_a_higher_fence(queue: WatchedQueue) -> None:
    """A worker died: its task is run anew, and counted."""
    await queue.enqueue(RECHECK, NOW)
    dead = await claim(queue, lease=OVER)
    heir = await claim(queue)

    assert (dead.number, dead.task) == (heir.number, heir.task)
    assert heir.fence > dead.fence
    assert (1, 2) == (dead.attempt, heir.attempt)


async def test_a_task_that_lost_its_worker_comes_first(queue: WatchedQueue) -> None:
    """N8: somebody may be waiting for it at a login already; also before one that is due longer."""
    await queue.enqueue(REGISTER, NOW)
    await claim(queue, lease=OVER)
    await queue.enqueue(BOBS, NOW - timedelta(hours=1))
    again = await claim(queue)

    assert (REGISTER, 2) == (again.task, again.attempt)


async def test_whoever_has_an_old_fence_changes_nothing(queue: WatchedQueue) -> None:
    """The dead man walks: he can neither finish nor renew, postpone nor set aside what is another's."""
    await queue.enqueue(RECHECK, NOW)
    dead = await claim(queue, lease=OVER)
    heir = await claim(queue)
    await queue.finish(dead)
    await queue.postpone(dead, NOW)
    await queue.set_aside(dead, "mistaken")

    assert not await queue.renew(dead, LEASE)
    assert await queue.renew(heir, LEASE)
    assert () == await queue.given_up()
    assert None is await queue.claim(NOW, LEASE)


async def test_a_finished_lease_is_over_for_good(queue: WatchedQueue) -> None:
    """Its fence does not fit the same task enqueued anew."""
    await queue.enqueue(RECHECK, NOW)
    done = await claim(queue)
    await queue.finish(done)
    await queue.enqueue(RECHECK, NOW)
    fresh = await claim(queue)
    await queue.finish(done)

    assert not await queue.renew(done, LEASE)
    assert await queue.renew(fresh, LEASE)


async def test_a_renewed_lease_is_kept(queue: WatchedQueue) -> None:
    """As long as its worker lives."""
    await queue.enqueue(RECHECK, NOW)
    running = await claim(queue, lease=OVER)

    assert await queue.renew(running, LEASE)
    assert None is await queue.claim(NOW, LEASE)
    await queue.finish(running)
    assert None is await queue.claim(NOW, LEASE)


async def test_a_lease_takes_no_notice_of_the_world_clock(queue: WatchedQueue) -> None:
    """A sandbox moves its world by years; nobody's lease ends by that."""
    await queue.enqueue(RECHECK, NOW)
    await claim(queue)

    assert None is await queue.claim(NOW + timedelta(days=3650), LEASE)


@pytest.mark.parametrize(("failed", "attempt"), [(False, 1), (True, 2)])
async def test_a_postponed_task_waits(queue: WatchedQueue, *, failed: bool, attempt: int) -> None:
    """Until its moment; after a failure its attempts count on, else they begin anew."""
    await queue.enqueue(RECHECK, NOW)
    await queue.postpone(await claim(queue), NOW + timedelta(minutes=5), failed=failed)

    assert None is await queue.claim(NOW + timedelta(minutes=4), LEASE)
    again = await claim(queue, NOW + timedelta(minutes=5))
    assert (RECHECK, attempt) == (again.task, again.attempt)


async def test_a_postponed_task_joins_the_same_one_that_waits(queue: WatchedQueue) -> None:
    """At the earlier of both moments, and once."""
    await queue.enqueue(RECHECK, NOW)
    running = await claim(queue)
    await queue.enqueue(RECHECK, NOW + timedelta(minutes=1))
    await queue.postpone(running, NOW + timedelta(minutes=5), failed=True)

    again = await claim(queue, NOW + timedelta(minutes=1))
    assert (RECHECK, 2) == (again.task, again.attempt)
    await queue.finish(again)
    assert None is await queue.claim(NOW + timedelta(hours=1), LEASE)


async def test_a_postponed_lease_is_over(queue: WatchedQueue) -> None:
    """Its person is free for other tasks, and its fence no longer fits."""
    await queue.enqueue(RECHECK, NOW)
    running = await claim(queue)
    await queue.postpone(running, NOW + timedelta(hours=1))
    await queue.enqueue(REGISTER, NOW)

    assert not await queue.renew(running, LEASE)
    assert REGISTER == (await claim(queue)).task


async def test_a_task_set_aside_is_kept_with_its_reason(queue: WatchedQueue) -> None:
    """For an operator; the person's other tasks and a new one of the same kind go on."""
    await queue.enqueue(RECHECK, NOW)
    await queue.set_aside(await claim(queue), "ValueError")

    assert (SetAside(RECHECK, "ValueError"),) == await queue.given_up()
    assert None is await queue.claim(NOW, LEASE)
    await queue.enqueue(RECHECK, NOW)
    assert 1 == (await claim(queue)).attempt


async def test_the_bell_rings_when_something_is_left(queue: WatchedQueue) -> None:
    """For as long as somebody listens."""
    rings: list[str] = []
    with queue.bell.heard_by(lambda: rings.append("ding")):
        await queue.enqueue(RECHECK, NOW)
    await queue.enqueue(REGISTER, NOW)

    assert ["ding"] == rings


async def test_what_was_set_aside_is_replayed_for_one_person(queue: WatchedQueue) -> None:
    """An operator has mended what was wrong: it waits again, as if it had never been tried; others' stay aside."""
    for task in (REGISTER, BOBS):
        await queue.enqueue(task, NOW)
    for _ in range(2):
        await queue.set_aside(await claim(queue), "poison")

    assert 1 == await queue.replay(ALICE, NOW)
    again = await claim(queue)
    assert (REGISTER, 1) == (again.task, again.attempt)
    assert (SetAside(BOBS, "poison"),) == await queue.given_up()
    assert 0 == await queue.replay(ALICE, NOW)


async def test_what_is_replayed_joins_what_waits(queue: WatchedQueue) -> None:
    """One of a task waits."""
    await queue.enqueue(REGISTER, NOW)
    await queue.set_aside(await claim(queue), "poison")
    await queue.enqueue(REGISTER, NOW + timedelta(hours=1))

    assert 1 == await queue.replay(ALICE, NOW)
    assert REGISTER == (await claim(queue)).task
    assert None is await queue.claim(NOW + timedelta(hours=2), LEASE)

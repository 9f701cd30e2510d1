"""The lease table: it outlives its process, and does what the queue in memory does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Task, TaskKind
from gpic.jobs.lease_table import LeaseTable
from gpic.jobs.memory import MemoryQueue
from gpic.jobs.queue import Claimed, WatchedQueue
from gpic.storage.provider.database import Database
from gpic.storage.provider.sqlite import open_database

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ALICE = Task(TaskKind.REGISTER, PersonId("alice"))
LEASE = timedelta(seconds=1)

#: Enqueues, claims, says so, and waits for its end.
VICTIM = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from gpic.credentials.ports import Task, TaskKind
from gpic.jobs.lease_table import LeaseTable
from gpic.storage.provider.sqlite import open_database

async def main() -> None:
    queue = LeaseTable(open_database(sys.argv[1]))
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    await queue.enqueue(Task(TaskKind.REGISTER, "alice"), now)
    print((await queue.claim(now, timedelta(seconds=1))).fence, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database, migrated."""
    opened = open_database(tmp_path / "provider.sqlite")
    yield opened
    opened.close()


async def test_a_task_outlives_the_sudden_death_of_its_worker(database: Database, tmp_path: Path) -> None:
    """After kill -9 the lease stands until it ends, then another has the task, with a higher fence."""
    queue = LeaseTable(database)
    command = [sys.executable, "-c", VICTIM, str(tmp_path / "provider.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:  # noqa: ASYNC220, S603 - our own words
        assert victim.stdout is not None
        fence = int(victim.stdout.readline())
        assert None is await queue.claim(NOON, LEASE)
        os.kill(victim.pid, signal.SIGKILL)
    heir = None
    async with asyncio.timeout(10):
        while heir is None:
            heir = await queue.claim(NOON, LEASE)
            await asyncio.sleep(0.02)

    assert (ALICE, 2) == (heir.task, heir.attempt)
    assert heir.fence > fence


async def test_a_lease_lasts_as_long_as_it_says(database: Database) -> None:
    """By the database's own clock, to some milliseconds."""
    queue = LeaseTable(database)
    await queue.enqueue(ALICE, NOON)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await queue.claim(NOON, timedelta(milliseconds=200))
    for _ in range(400):
        if await queue.claim(NOON, LEASE):
            break
        await asyncio.sleep(0.005)

    assert 0.19 <= loop.time() - begun < 2


async def test_two_hosts_share_a_queue(database: Database, tmp_path: Path) -> None:
    """At most one of a person runs, wherever its workers live."""
    other = open_database(tmp_path / "provider.sqlite")
    queues = (LeaseTable(database), LeaseTable(other))
    await queues[0].enqueue(ALICE, NOON)
    await queues[1].enqueue(ALICE, NOON)
    answers = await asyncio.gather(*(queue.claim(NOON, LEASE) for queue in queues * 4))
    other.close()

    assert 1 == sum(answer is not None for answer in answers)


PEOPLE = [PersonId("alice"), PersonId("bob")]
TASKS = [Task(kind, person) for kind in TaskKind for person in PEOPLE]
MOMENTS = [NOON + timedelta(minutes=minutes) for minutes in range(4)]
HELD_ON, AT_ONCE = timedelta(hours=1), timedelta(0)
STEPS = st.one_of(
    st.tuples(st.just("enqueue"), st.sampled_from(TASKS), st.sampled_from(MOMENTS)),
    st.tuples(st.just("claim"), st.sampled_from(MOMENTS), st.sampled_from([HELD_ON, AT_ONCE])),
    st.tuples(st.sampled_from(["finish", "set_aside", "renew"]), st.integers(0, 5), st.none()),
    st.tuples(st.sampled_from(["postpone", "fail"]), st.integers(0, 5), st.sampled_from(MOMENTS)),
)
Step = tuple[str, object, object]


async def play(queue: WatchedQueue, steps: list[Step]) -> list[object]:
    """What a queue answers to these steps, in words that two queues share."""
    leases: list[Claimed] = []
    heard: list[object] = []
    for name, first, second in steps:
        match name, first, second:
            case "enqueue", Task() as task, datetime() as due:
                await queue.enqueue(task, due)
            case "claim", datetime() as now, timedelta() as lease:
                claimed = await queue.claim(now, lease)
                leases += [claimed] if claimed else []
                heard.append(claimed and (claimed.task, claimed.attempt))
            case _, int() as which, moment if leases:
                heard.append(await end(queue, name, leases[-1 - which % len(leases)], moment))
    heard.append(sorted(str(one) for one in await queue.given_up()))
    return heard


async def end(queue: WatchedQueue, name: str, claimed: Claimed, moment: object) -> bool | None:
    """End a lease, perhaps an old one, in the way that is named."""
    if name == "renew":
        return await queue.renew(claimed, HELD_ON)
    if name == "finish":
        await queue.finish(claimed)
    elif isinstance(moment, datetime):
        await queue.postpone(claimed, moment, failed=name == "fail")
    else:
        await queue.set_aside(claimed, "why")
    return None


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all examples: to make one takes longer than to play."""
    opened = open_database(tmp_path_factory.mktemp("queue") / "provider.sqlite")
    yield opened
    opened.close()


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(STEPS, max_size=25))
def test_table_and_memory_do_the_same(table: Database, steps: list[Step]) -> None:
    """Whatever happens in whatever order: the honest fake and the real one agree."""
    table.unit_here(lambda connection: connection.exec_driver_sql("DELETE FROM jobs"))

    assert asyncio.run(play(MemoryQueue(), steps)) == asyncio.run(play(LeaseTable(table), steps))

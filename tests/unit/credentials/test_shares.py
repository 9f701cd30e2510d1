"""A slow supplier takes its share of a worker's hands and no more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials import changes
from gpic.credentials.ports import Finished, Task, TaskKind, TaskOutcome, TryAgainAt
from gpic.credentials.shares import LONGEST_LINE, QUICK, STEP, Run, Shares
from tests.unit.credentials.surgery import PERSON, Bench

pytestmark = pytest.mark.anyio


class Slow:
    """A task that lasts until it is let go."""

    def __init__(self) -> None:
        self.running, self.let_go = 0, asyncio.Event()

    async def __call__(self, _task: Task) -> TaskOutcome:
        """Wait."""
        self.running += 1
        await self.let_go.wait()
        self.running -= 1
        return Finished()


class Watch:
    """A stop-watch that stands still unless somebody pauses, or a test sets it."""

    def __init__(self) -> None:
        self.now, self.pauses = 0.0, 0

    async def pause(self, seconds: float) -> None:
        """Let the others go on."""
        self.now, self.pauses = self.now + seconds, self.pauses + 1
        await asyncio.sleep(0)

    def elapsed(self) -> float:
        """What it shows."""
        return self.now


def shared(bench: Bench, run: Run, most: int = 2, watch: Watch | None = None) -> dict[TaskKind, Run]:
    """Every kind of task, within the shares."""
    watch = watch or Watch()
    shares = Shares(bench.holdings, bench.register, bench, bench.clock, most, watch.pause, watch.elapsed)
    return shares.tasks(dict.fromkeys(TaskKind, run))


class Supplier:
    """Whose tasks take so long by *watch*, while *is_stuck* for ever."""

    def __init__(self, watch: Watch, seconds: float) -> None:
        self.watch, self.seconds, self.is_stuck = watch, seconds, False
        self.running = self.most = 0

    async def __call__(self, _task: Task) -> TaskOutcome:
        """Run."""
        self.running += 1
        self.most = max(self.most, self.running)
        began = self.watch.now
        while self.is_stuck or self.watch.now - began < self.seconds:
            await asyncio.sleep(0)
            if not self.is_stuck and self.running == 1:
                self.watch.now = began + self.seconds
        self.running -= 1
        return Finished()


RECHECK = Task(TaskKind.RECHECK, PERSON)


async def test_a_quick_suppliers_place_is_waited_for(known: Bench) -> None:
    """Everybody is checked within the share, and nobody is put off (else a thousand are fetched again and again)."""
    watch = Watch()
    supplier = Supplier(watch, QUICK)
    recheck = shared(known, supplier, watch=watch)[TaskKind.RECHECK]
    await recheck(RECHECK)

    assert [Finished()] * 7 == await asyncio.gather(*(recheck(RECHECK) for _ in range(7)))
    assert 2 == supplier.most
    assert 0 < watch.pauses
    supplier.seconds = QUICK / 2
    await recheck(RECHECK)
    assert [Finished()] * 3 == await asyncio.gather(*(recheck(RECHECK) for _ in range(3)))


async def test_a_slow_suppliers_place_is_not_waited_for(known: Bench) -> None:
    """A hand that waits there would be missed by the patients of the others."""
    watch = Watch()
    supplier = Supplier(watch, QUICK + STEP)
    recheck = shared(known, supplier, most=1, watch=watch)[TaskKind.RECHECK]
    await recheck(RECHECK)
    supplier.is_stuck = True
    running = asyncio.ensure_future(recheck(RECHECK))
    while not supplier.running:  # noqa: ASYNC110 - a number
        await asyncio.sleep(0)

    assert isinstance(await recheck(RECHECK), TryAgainAt)
    assert 0 == watch.pauses
    supplier.is_stuck = False
    assert Finished() == await running


async def test_a_line_that_does_not_move_is_left_and_joined_by_nobody(known: Bench) -> None:
    """Half a second once; when a task was quick again its places are waited for again."""
    watch = Watch()
    supplier = Supplier(watch, 0.0)
    recheck = shared(known, supplier, most=1, watch=watch)[TaskKind.RECHECK]
    await recheck(RECHECK)
    supplier.is_stuck = True
    running = asyncio.ensure_future(recheck(RECHECK))
    while not supplier.running:  # noqa: ASYNC110 - a number
        await asyncio.sleep(0)

    assert isinstance(await recheck(RECHECK), TryAgainAt)
    assert 50 == watch.pauses
    assert LONGEST_LINE == pytest.approx(watch.now)
    assert isinstance(await recheck(RECHECK), TryAgainAt)
    assert 50 == watch.pauses
    supplier.is_stuck, watch.now = False, 0.0
    assert Finished() == await running
    supplier.seconds = QUICK
    assert [Finished()] * 3 == await asyncio.gather(*(recheck(RECHECK) for _ in range(3)))
    assert 50 < watch.pauses


@pytest.mark.parametrize(("kind", "soon"), [(TaskKind.RECHECK, 5), (TaskKind.REGISTER, 1)])
async def test_what_is_beyond_the_share_comes_back_soon(known: Bench, kind: TaskKind, soon: int) -> None:
    """And changes nothing meanwhile (N12); a place that becomes free is taken again."""
    slow = Slow()
    carry = shared(known, slow)
    before = await known.holding()
    two = [asyncio.ensure_future(carry[kind](Task(kind, PERSON))) for _ in range(2)]
    await asyncio.sleep(0)
    while slow.running < 2:  # noqa: ASYNC110 - a number
        await asyncio.sleep(0)

    assert TryAgainAt(known.clock.now() + timedelta(seconds=soon)) == await carry[kind](Task(kind, PERSON))
    slow.let_go.set()
    assert [Finished(), Finished()] == await asyncio.gather(*two)
    assert Finished() == await carry[kind](Task(kind, PERSON))
    assert before == await known.holding()


async def test_a_task_that_fails_or_is_broken_off_gives_its_place_back(known: Bench) -> None:
    """Else a supplier would be shut out for good."""

    async def failing(_task: Task) -> TaskOutcome:
        raise KeyError

    carry = shared(known, failing, most=1)
    for _ in range(3):
        with pytest.raises(KeyError):
            await carry[TaskKind.RECHECK](Task(TaskKind.RECHECK, PERSON))


async def test_one_suppliers_share_is_not_anothers(known: Bench) -> None:
    """By what is held, and by the directory as it is now."""
    slow = Slow()
    carry = shared(known, slow, most=1)
    first = asyncio.ensure_future(carry[TaskKind.RECHECK](Task(TaskKind.RECHECK, PERSON)))
    while not slow.running:  # noqa: ASYNC110 - a number
        await asyncio.sleep(0)
    known.supplier = "tpp"
    second = asyncio.ensure_future(carry[TaskKind.RECHECK](Task(TaskKind.RECHECK, PERSON)))
    while slow.running < 2:  # noqa: ASYNC110 - a number
        await asyncio.sleep(0)
    slow.let_go.set()

    assert (Finished(), Finished()) == (await first, await second)


@pytest.mark.parametrize("kind", [TaskKind.CONFIRM, TaskKind.FOLLOW])
async def test_whom_somebody_waits_for_is_never_put_off(known: Bench, kind: TaskKind) -> None:
    """N16; and following somebody asks PDS alone (N18)."""

    async def done(_task: Task) -> TaskOutcome:
        return Finished()

    assert Finished() == await shared(known, done, most=0)[kind](Task(kind, PERSON))


async def test_a_new_person_counts_where_their_account_says(bench: Bench) -> None:
    """N8: before PDS is asked; who has left counts there, too; whose practice nobody knows has no share to exceed."""

    async def done(_task: Task) -> TaskOutcome:
        return Finished()

    register = shared(bench, done, most=0)[TaskKind.REGISTER]
    task = Task(TaskKind.REGISTER, PERSON)
    assert isinstance(await register(task), TryAgainAt)

    bench.holdings.overtaken_by(changes.left(await bench.holding()))
    assert isinstance(await register(task), TryAgainAt)

    assert bench.register.person is not None
    bench.register.person = replace(bench.register.person, practice=None)
    assert Finished() == await register(task)
    bench.register.person = None
    assert Finished() == await register(task)
    assert 0 == bench.register.asked_pds


async def test_a_task_takes_one_place_and_gives_back_one(known: Bench) -> None:
    """And is carried out as it came: a share that grew with use would protect nobody."""
    slow, seen = Slow(), []

    async def noting(task: Task) -> TaskOutcome:
        seen.append(task)
        return await slow(task)

    recheck = shared(known, noting, most=1)[TaskKind.RECHECK]
    task = Task(TaskKind.RECHECK, PERSON)
    slow.let_go.set()
    assert Finished() == await recheck(task)
    assert [task] == seen

    slow.let_go.clear()
    running = asyncio.ensure_future(recheck(task))
    while not slow.running:  # noqa: ASYNC110 - a number
        await asyncio.sleep(0)
    assert isinstance(await recheck(task), TryAgainAt)
    slow.let_go.set()
    assert Finished() == await running


async def test_a_known_person_counts_where_their_details_are(known: Bench) -> None:
    """By what is held, although no account tells a practice."""

    async def done(_task: Task) -> TaskOutcome:
        return Finished()

    known.register.person = None

    assert isinstance(await shared(known, done, most=0)[TaskKind.RECHECK](Task(TaskKind.RECHECK, PERSON)), TryAgainAt)

"""A supplier that is paused: nobody calls it, nothing is lost, and what is known is given (N12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials import changes
from gpic.credentials.lifecycle import State
from gpic.credentials.offer import Ready
from gpic.credentials.pauses import CALLING, LOOK_AGAIN, LeavesPaused, PausableSurgeries, Pause
from gpic.credentials.ports import Applicant, Finished, Task, TaskKind, TaskOutcome, TryAgainAt
from gpic.credentials.recheck import Recheck
from gpic.credentials.register import Register
from gpic.jobs.pauses import MemoryPauses
from gpic.nhs.answers import Found, Linked, Reason, Refused, Unreachable
from gpic.nhs.secret import Secret
from tests.unit.credentials.surgery import (
    ASKED,
    NAME,
    NOW,
    NUMBER,
    PERSON,
    PRACTICE,
    RECHECK,
    REGISTER,
    Bench,
)

pytestmark = pytest.mark.anyio

APPLICANT = Applicant(NUMBER, PRACTICE, NAME, Secret("identity"), "ada@example.test", "07700900101")


@pytest.fixture
def pauses() -> MemoryPauses:
    """Nobody is paused."""
    return MemoryPauses()


class Ran:
    """What was carried out."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    async def __call__(self, task: Task) -> TaskOutcome:
        """Carry it out."""
        self.tasks.append(task)
        return Finished()


async def carried(bench: Bench, pauses: MemoryPauses, kind: TaskKind) -> TaskOutcome | None:
    """What becomes of a task; None when it was carried out."""
    ran = Ran()
    outcome = await LeavesPaused(bench.holdings, bench, pauses, bench.clocks).tasks({kind: ran})[kind](Task(kind, PERSON))
    return None if ran.tasks else outcome


def test_a_pause_holds_until_its_end() -> None:
    """The moment itself is after it; without an end it holds for good."""
    pause = Pause("emis", NOW, NOW + timedelta(minutes=5))
    moments = [NOW, NOW + timedelta(minutes=4, seconds=59), NOW + timedelta(minutes=5)]

    assert [True, True, False] == [pause.holds(moment) for moment in moments]
    assert Pause("emis", NOW).holds(NOW + timedelta(days=3650))


async def test_no_method_of_a_paused_system_calls_it(known: Bench, pauses: MemoryPauses) -> None:
    """N12: each answers "no answer" and says that it did not ask; resumed, each asks again at once."""
    await pauses.pause(Pause("emis", NOW))
    surgery = PausableSurgeries(known, pauses, known.clock).system_of(PRACTICE)
    holding = await known.holding()
    assert surgery is not None
    assert holding.token is not None
    system = surgery.system
    answers = [
        await system.retrieve(APPLICANT),
        await system.open_account(APPLICANT),
        await system.link(NAME, known.practice.details),
        await system.check(holding.token, PRACTICE),
        await system.verify_anew(APPLICANT),
    ]

    assert [Unreachable()] * 5 == answers
    assert {"paused"} == {answer.detail for answer in answers if isinstance(answer, Unreachable)}
    assert ({}, []) == (known.practice.calls, known.practice.presented[2:])

    await pauses.resume("emis")
    assert isinstance(await system.link(NAME, known.practice.details), Linked)


@pytest.mark.parametrize("other", [Pause("tpp", NOW), Pause("emis", NOW, NOW + timedelta(minutes=1))])
async def test_another_pause_or_one_that_is_over_holds_nobody_up(known: Bench, pauses: MemoryPauses, other: Pause) -> None:
    """By the supplier's name, and by the wire clock."""
    await pauses.pause(other)
    surgery = PausableSurgeries(known, pauses, known.clock).system_of(PRACTICE)

    assert surgery is not None
    assert "emis" == surgery.supplier
    assert not isinstance(await surgery.system.retrieve(APPLICANT), Unreachable)
    assert await carried(known, pauses, TaskKind.RECHECK) is None


async def test_a_practice_that_is_not_covered_stays_so(known: Bench, pauses: MemoryPauses) -> None:
    """There is nothing to pause."""
    known.supplier = ""

    assert PausableSurgeries(known, pauses, known.clock).system_of(PRACTICE) is None
    assert await carried(known, pauses, TaskKind.RECHECK) is None


async def test_a_known_persons_login_is_served_and_nobody_called(known: Bench, pauses: MemoryPauses) -> None:
    """N12, N14: ready at once; the check behind it waits, without a look at PDS; nothing is thrown away."""
    await pauses.pause(Pause("emis", NOW))
    before = await known.holding()

    assert Ready() == await known.offer.prepare(ASKED)
    assert TryAgainAt(known.clock.now() + LOOK_AGAIN) == await carried(known, pauses, TaskKind.RECHECK)
    assert before == await known.holding()
    assert ({}, 0) == (known.practice.calls, known.register.asked_pds)
    assert await known.released() is not None


async def test_a_task_that_is_left_comes_back_when_the_pause_ends(known: Bench, pauses: MemoryPauses) -> None:
    """No later than a minute from now, since an operator may resume at any time; no earlier than the pause's end."""
    now = known.clock.now()
    for left, expected in ((30, 30), (60, 60), (3600, 60)):
        await pauses.pause(Pause("emis", NOW, now + timedelta(seconds=left)))
        assert TryAgainAt(now + timedelta(seconds=expected)) == await carried(known, pauses, TaskKind.RECHECK)


async def test_a_new_persons_first_try_asks_pds_once_and_the_next_are_left(bench: Bench, pauses: MemoryPauses) -> None:
    """N8, N12: only PDS can say whose system it is; from then on the task waits without asking anybody."""
    await pauses.pause(Pause("emis", NOW))
    assert await carried(bench, pauses, TaskKind.REGISTER) is None
    desk = bench.desk
    paused = replace(desk, surgeries=PausableSurgeries(bench, pauses, bench.clock))
    assert isinstance(await Register(paused).run(REGISTER), TryAgainAt)
    assert (State.REGISTERING, 1, {}) == ((await bench.holding()).state, bench.register.asked_pds, bench.practice.calls)
    assert isinstance(await carried(bench, pauses, TaskKind.REGISTER), TryAgainAt)

    await pauses.resume("emis")
    bench.later(minutes=1)
    assert await carried(bench, pauses, TaskKind.REGISTER) is None
    assert Finished() == await Register(paused).run(REGISTER)
    assert State.HELD is (await bench.holding()).state


async def test_a_check_that_runs_all_the_same_is_put_off_as_by_silence(known: Bench, pauses: MemoryPauses) -> None:
    """N12: of two doors to the supplier either one is enough."""
    await pauses.pause(Pause("emis", NOW))
    paused = replace(known.desk, surgeries=PausableSurgeries(known, pauses, known.clock))

    assert isinstance(await Recheck(paused).run(RECHECK), TryAgainAt)
    assert (State.HELD, {}) == ((await known.holding()).state, known.practice.calls)


@pytest.mark.parametrize("kind", [TaskKind.CONFIRM, TaskKind.FOLLOW])
async def test_what_does_not_wait_for_the_supplier_goes_on(known: Bench, pauses: MemoryPauses, kind: TaskKind) -> None:
    """N16, N18: somebody waits for the one, and the other may lead away from the supplier."""
    await pauses.pause(Pause("emis", NOW))

    assert await carried(known, pauses, kind) is None
    assert {TaskKind.REGISTER, TaskKind.RECHECK} == CALLING


async def test_whoever_has_left_is_registered_elsewhere(known: Bench, pauses: MemoryPauses) -> None:
    """N18: what is withdrawn says nothing of where somebody is now, so that PDS is asked."""
    await pauses.pause(Pause("emis", NOW))
    known.holdings.overtaken_by(changes.left(await known.holding()))

    assert State.WITHDRAWN is (await known.holding()).state
    assert await carried(known, pauses, TaskKind.REGISTER) is None


async def test_what_is_asked_of_a_system_that_goes_on_reaches_it_whole(known: Bench, pauses: MemoryPauses) -> None:
    """N9: with everything that the supplier wants to know; its answer comes back as it is."""
    surgery = PausableSurgeries(known, pauses, known.clock).system_of(PRACTICE)
    assert surgery is not None

    assert Refused(Reason.ACCOUNT_EXISTS) == await surgery.system.open_account(APPLICANT)
    assert Found(known.practice.details) == await surgery.system.verify_anew(APPLICANT)
    assert {"create": 1, "verify_anew": 1} == known.practice.calls


async def test_a_task_is_carried_out_as_it_came(known: Bench, pauses: MemoryPauses) -> None:
    """Whoever is not covered has no supplier that could be paused, whatever a pause is called."""
    for name in ("", "XXXX"):
        await pauses.pause(Pause(name, NOW))
    known.supplier = ""
    ran, task = Ran(), Task(TaskKind.RECHECK, PERSON)
    await LeavesPaused(known.holdings, known, pauses, known.clocks).tasks({task.kind: ran})[task.kind](task)

    assert [task] == ran.tasks

"""Following a person whom PDS shows elsewhere, or nowhere any more (N18, N19, N20, N22)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpic.credentials import changes
from gpic.credentials.changes import Departure
from gpic.credentials.follow import Follow, Leave, Move, Stay, decide
from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, Finished, NotOnPds, PracticeFound, Surgery, Task, TaskKind, TryAgainAt
from gpic.credentials.withdraw import NOTHING_HELD, Withdraw
from gpic.nhs.answers import Unreachable
from gpic.nhs.organisations import OdsCode
from tests.unit.credentials.surgery import (
    DOWN,
    ELSEWHERE,
    NAME,
    NUMBER,
    OTHER,
    PERSON,
    PRACTICE,
    REGISTER,
    Bench,
    Practice,
)

pytestmark = pytest.mark.anyio

FOLLOW = Task(TaskKind.FOLLOW, PERSON)


@dataclass
class LastReleased:
    """When anybody last got this person's details."""

    at: datetime | None = None

    async def last_released_at(self, person: PersonId) -> datetime | None:
        """Then."""
        assert PERSON == person
        return self.at


async def followed(bench: Bench, *, used: timedelta | None = timedelta(days=1)) -> object:
    """Run the task once; *used* ago somebody got the details."""
    bench.queue.waiting.clear()
    releases = LastReleased(bench.clock.now() - used if used is not None else None)
    return await Follow(bench.desk, releases).run(FOLLOW)


async def test_nothing_happens_to_somebody_who_stayed(known: Bench) -> None:
    """A signal of PDS says "go and look", and most looks find nothing."""
    before = await known.holding()

    assert Finished() == await followed(known)
    assert before == await known.holding()
    assert {} == known.queue.waiting


@pytest.mark.parametrize(
    ("used", "registers"),
    [(timedelta(0), True), (timedelta(days=90), True), (timedelta(days=90, microseconds=1), False), (None, False)],
)
async def test_somebody_who_moved_is_withdrawn_and_followed(known: Bench, used: timedelta | None, *, registers: bool) -> None:
    """N18: at once; registered in the background only if the scope was used in the last 90 days, else at the next login."""
    known.register.pds = PracticeFound(NUMBER, ELSEWHERE, NAME)
    await followed(known, used=used)
    holding = await known.holding()

    assert (State.WITHDRAWN, None, None) == (holding.state, holding.details, holding.token)
    assert (AuditEvent.WITHDRAWN, "practice-changed") == (await known.trail())[-1]
    assert registers == (REGISTER in known.queue.waiting)
    assert known.register.person is not None
    assert ELSEWHERE == known.register.person.practice
    assert None is await known.released()


@pytest.mark.parametrize(
    ("answer", "why"),
    [(NotOnPds(), "not-on-pds"), (PracticeFound(NUMBER, PRACTICE, NAME, deceased=True), "deceased")],
)
async def test_somebody_who_is_gone_is_withdrawn(known: Bench, answer: PracticeFound | NotOnPds, why: str) -> None:
    """N22: formally dead, or invalidated; nobody is registered anywhere."""
    known.register.pds = answer
    await followed(known)

    assert (AuditEvent.WITHDRAWN, why) == (await known.trail())[-1]
    assert {} == known.queue.waiting


async def test_somebody_whose_death_was_undone_may_register_again(known: Bench) -> None:
    """N22: at the next login; nothing is remembered against them."""
    known.register.pds = PracticeFound(NUMBER, PRACTICE, NAME, deceased=True)
    await followed(known)
    known.register.pds = PracticeFound(NUMBER, PRACTICE, NAME)
    await followed(known)
    await known.registered()

    assert State.HELD is (await known.holding()).state


async def test_a_restricted_record_is_no_proof_of_having_left(known: Bench) -> None:
    """N22: PDS names no practice; what is held is kept."""
    known.register.pds = PracticeFound(NUMBER, None, NAME)
    before = await known.holding()
    await followed(known)

    assert before == await known.holding()


async def test_another_system_at_the_same_practice_is_a_move(known: Bench) -> None:
    """N19: no event of PDS shows it; the periodic look does."""
    known.supplier = "tpp"
    await followed(known)

    assert (AuditEvent.WITHDRAWN, "system-changed") == (await known.trail())[-1]
    assert REGISTER in known.queue.waiting


async def test_a_superseded_number_is_taken_on(known: Bench) -> None:
    """N1, N22: the person keeps everything under the new number."""
    known.register.pds = PracticeFound(OTHER, PRACTICE, NAME)
    before = await known.holding()
    await followed(known)

    assert before == await known.holding()
    assert known.register.person is not None
    assert OTHER == known.register.person.nhs_number


async def test_of_two_who_are_one_the_survivor_is_registered(known: Bench) -> None:
    """N1: the other's registration is withdrawn."""
    known.register.pds = PracticeFound(OTHER, PRACTICE, NAME)
    known.register.owner_of_new_number = PersonId("survivor")
    await followed(known)

    assert (AuditEvent.WITHDRAWN, "numbers-merged") == (await known.trail())[-1]
    assert [Task(TaskKind.REGISTER, PersonId("survivor"))] == list(known.queue.waiting)


async def test_a_silent_pds_changes_nothing(known: Bench) -> None:
    """N12: nothing is thrown away; the look comes again after its pause."""
    known.register.pds = Unreachable(timedelta(minutes=2), detail="down")
    outcome = await followed(known)
    holding = await known.holding()

    assert TryAgainAt(known.clock.now() + timedelta(minutes=2)) == outcome
    assert (State.HELD, 1) == (holding.state, holding.silences)


async def test_somebody_without_an_account_is_nobodys_business(known: Bench) -> None:
    """Erased meanwhile."""
    known.register.person = None

    assert Finished() == await followed(known)


async def test_a_withdrawal_by_somebody_else_meanwhile_is_looked_at_again(known: Bench) -> None:
    """N8: a result that comes too late is discarded, and the task runs anew."""
    known.register.pds = PracticeFound(NUMBER, ELSEWHERE, NAME)
    holding = await known.holding()
    original = known.register.look_up

    async def slow(number: object) -> PracticeFound | NotOnPds | Unreachable:
        await known.holdings.save(changes.checked(holding, known.clock.now()))
        return await original(number)  # type: ignore[arg-type]

    known.register.look_up = slow  # type: ignore[method-assign, assignment]

    assert TryAgainAt(known.clock.now()) == await followed(known)
    known.register.look_up = original  # type: ignore[method-assign]
    await followed(known)
    assert State.WITHDRAWN is (await known.holding()).state


class OneSystem:
    """A directory that knows one supplier, or none."""

    def __init__(self, supplier: str) -> None:
        self.supplier = supplier

    def system_of(self, practice: OdsCode) -> Surgery | None:
        """Everywhere the same."""
        assert practice in {PRACTICE, ELSEWHERE}
        return Surgery(self.supplier, None) if self.supplier else None  # type: ignore[arg-type]


@given(
    state=st.sampled_from(list(State)),
    named=st.sampled_from([None, PRACTICE, ELSEWHERE]),
    supplier=st.sampled_from(["", "emis", "tpp"]),
    deceased=st.booleans(),
    on_pds=st.booleans(),
)
async def test_what_is_kept_is_of_the_practice_and_system_that_they_have(
    state: State, named: OdsCode | None, supplier: str, *, deceased: bool, on_pds: bool
) -> None:
    """N18, N19, N22: whatever PDS and the directory say together."""
    person = Bench().register.person
    assert person is not None
    holding = Holding(PERSON, state, practice=PRACTICE, supplier="emis")
    answer = PracticeFound(NUMBER, named, NAME, deceased=deceased) if on_pds else NotOnPds()
    step = decide(holding, person.practice, answer, OneSystem(supplier))

    if state in NOTHING_HELD:
        assert Stay() == step
    elif not on_pds:
        assert Leave(Departure.NOT_ON_PDS) == step
    elif deceased:
        assert Leave(Departure.DIED) == step
    elif named is ELSEWHERE:
        assert Move(ELSEWHERE, Departure.PRACTICE_CHANGED) == step
    else:
        assert (named is None or supplier == "emis") == isinstance(step, Stay)


async def test_an_operators_word_withdraws_at_once(known: Bench) -> None:
    """N11: the next login registers anew."""
    assert True is await Withdraw(known.holdings, known.clocks).run(PERSON)
    assert False is await Withdraw(known.holdings, known.clocks).run(PERSON)
    assert (AuditEvent.WITHDRAWN, "operator") == (await known.trail())[-1]
    assert None is await known.released()


async def test_an_operators_word_ends_the_pause_after_a_refusal(bench: Bench) -> None:
    """N11: at once after an operator's word."""
    bench.practice.answers["retrieve"] = [DOWN]
    await bench.registered()
    holding = await bench.holding()
    await bench.holdings.save(replace(holding, state=State.REFUSED, next_try_at=bench.clock.now() + timedelta(days=1)))
    await Withdraw(bench.holdings, bench.clocks).run(PERSON)
    await bench.registered()

    assert State.HELD is (await bench.holding()).state


async def test_a_withdrawal_wins_over_whoever_saves_at_the_same_moment(known: Bench) -> None:
    """N8: what somebody saved between the look and the word is withdrawn as well."""
    raced = [True]

    def race(call: str) -> None:
        if call == "save" and raced:
            raced.clear()
            there = known.holdings._holdings[PERSON]
            known.holdings._holdings[PERSON] = replace(there, version=there.version + 1)

    known.holdings.on_call = race

    assert True is await Withdraw(known.holdings, known.clocks).run(PERSON)
    assert State.WITHDRAWN is (await known.holding()).state


class Directory:
    """One practice on EMIS; nobody knows the others."""

    def system_of(self, practice: OdsCode) -> Surgery | None:
        """Its system."""
        return Surgery("emis", Practice()) if practice == PRACTICE else None


@pytest.mark.parametrize(
    ("held", "known", "shown", "expected"),
    [
        (PRACTICE, ELSEWHERE, PRACTICE, Stay()),
        (PRACTICE, PRACTICE, ELSEWHERE, Move(ELSEWHERE, Departure.PRACTICE_CHANGED)),
        (ELSEWHERE, PRACTICE, ELSEWHERE, Move(ELSEWHERE, Departure.SYSTEM_CHANGED)),
        (None, PRACTICE, PRACTICE, Stay()),
        (None, PRACTICE, ELSEWHERE, Move(ELSEWHERE, Departure.PRACTICE_CHANGED)),
        (None, None, PRACTICE, Move(PRACTICE, Departure.PRACTICE_CHANGED)),
    ],
)
def test_where_they_are_held_counts_before_what_the_account_says(
    held: OdsCode | None, known: OdsCode | None, shown: OdsCode, expected: object
) -> None:
    """N18, N19: a practice that nobody serves any more is another system."""
    holding = Holding(PERSON, State.REFUSED, supplier="emis", practice=held)

    assert expected == decide(holding, known, PracticeFound(NUMBER, shown, NAME), Directory())


async def test_a_refused_person_without_a_practice_is_compared_with_the_account(known: Bench) -> None:
    """N18: nothing was tried anywhere; the account's practice is the one that they had."""
    await known.holdings.save(replace(await known.holding(), state=State.REFUSED, practice=None, details=None, token=None))
    before = await known.holding()
    await followed(known)

    assert before == await known.holding()

"""N16: a partner that comes back is telling us that the details do not work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials import changes
from gpic.credentials.holding import PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.offer import Ready, SignInFirst, Underway, Withheld
from gpic.credentials.ports import AuditEvent, Circumstances, Finished, PracticeFound, Task, TaskKind
from gpic.nhs.answers import NoAccount, Reason, Refused, Rejected, Restricted, Unexpected, Unreachable
from tests.unit.credentials.surgery import (
    ASKED,
    CONFIRM,
    DOWN,
    ELSEWHERE,
    NAME,
    NOW,
    NUMBER,
    OTHER,
    PERSON,
    RECHECK,
    REGISTER,
    Bench,
)

pytestmark = pytest.mark.anyio

WAIT = Underway(timedelta(seconds=5))
SIGNED_IN = replace(ASKED, signed_in_now=True, prompt_login=True)


@pytest.fixture
async def given(known: Bench) -> Bench:
    """Somebody whose details the partner was given a minute ago."""
    await known.released()
    known.later(minutes=1)
    return known


async def forced(bench: Bench, asked: Circumstances = ASKED) -> None:
    """A login that forces a check, which runs."""
    assert WAIT == await bench.offer.prepare(asked)
    await bench.confirmed()


@pytest.mark.parametrize(
    ("minutes", "asked", "expected"),
    [
        (9.99, ASKED, WAIT),
        (10, ASKED, Ready()),
        (10, replace(ASKED, prompt_login=True), WAIT),
        (10, replace(ASKED, asserted_by_itself=True), WAIT),
        (719, replace(ASKED, prompt_login=True), WAIT),
        (720, replace(ASKED, prompt_login=True), Ready()),
        (720, replace(ASKED, asserted_by_itself=True), Ready()),
        (1, replace(ASKED, client_id="another", prompt_login=True), Ready()),
    ],
)
async def test_who_is_back_so_soon_forces_a_check(known: Bench, minutes: float, asked: Circumstances, expected: object) -> None:
    """N16 (a), (b): within ten minutes in any way, within twelve hours by a wish; only this partner's release counts."""
    await known.released()
    known.later(minutes=minutes)

    assert expected == await known.offer.prepare(asked)
    assert {CONFIRM if expected == WAIT else RECHECK: known.clock.now()} == known.queue.waiting


async def test_a_check_that_finished_since_is_an_answer(given: Bench) -> None:
    """N16 (a): back after a good check of the background: nothing is forced; by a wish (b) it is."""
    await given.rechecked()
    given.later(minutes=1)

    assert Ready() == await given.offer.prepare(ASKED)
    assert WAIT == await given.offer.prepare(replace(ASKED, prompt_login=True))


async def test_nobody_is_called_on_the_requests_way(given: Bench) -> None:
    """N14, N16: the login leaves a task and waits for it; it is the worker who calls."""
    given.practice.calls.clear()
    await given.offer.prepare(ASKED)

    assert ({}, 0) == (given.practice.calls, given.register.asked_pds)
    assert WAIT == await given.offer.progress(PERSON)


async def test_the_same_details_are_confirmed(given: Bench) -> None:
    """N16: a session of our own opens, the details are retrieved again, and they are the same: given again, audited."""
    await forced(given)

    assert {"session": 1, "retrieve": 1} == given.practice.calls
    assert (AuditEvent.CHECKED, "confirmed") == (await given.trail())[-1]
    assert given.clock.now() == (await given.holding()).checked_at
    assert Ready() == await given.offer.progress(PERSON)
    assert given.practice.details == await given.released()


async def test_without_an_own_token_the_details_alone_are_compared(given: Bench) -> None:
    """N10, N16: "where there is one"."""
    await given.holdings.save(replace(await given.holding(), token=None))
    await forced(given)

    assert {"retrieve": 1} == given.practice.calls
    assert Ready() == await given.offer.progress(PERSON)


async def test_other_details_replace_ours(given: Bench) -> None:
    """N15, N16, J5: the key was rotated: not released while it is so, then the new ones, without another sign-in."""
    old = given.practice.details
    given.practice.key += 1
    await forced(given)
    between, waiting = await given.released(), await given.offer.progress(PERSON)
    await given.registered()

    assert (None, Underway()) == (between, waiting)
    assert Ready() == await given.offer.progress(PERSON)
    assert old != given.practice.details == await given.released()
    assert given.queue.waiting[REGISTER] == given.clock.now()


async def test_other_details_show_although_our_session_opens(given: Bench) -> None:
    """N16: a new key that leaves tokens alive is seen by the retrieve."""
    await given.offer.prepare(ASKED)
    given.practice.key += 1
    given.practice.tokens = dict.fromkeys(given.practice.tokens, given.practice.key)
    await given.confirmed()

    assert (AuditEvent.REJECTED, "key-invalid") == (await given.trail())[-1]
    await given.registered()
    assert given.practice.details == await given.released()


@pytest.mark.parametrize(
    ("link", "expected"),
    [([], State.HELD), ([Rejected(Reason.KEY_INVALID)], State.REFUSED), ([Refused(Reason.LOCKED)], State.REFUSED)],
)
async def test_a_dead_token_with_the_same_details_is_linked_once(given: Bench, link: list[object], expected: State) -> None:
    """N16: success → given; refused → N11, and the dead token is never presented again."""
    token = (await given.holding()).token
    assert token is not None
    given.practice.dead_tokens.add(token.text.reveal())
    given.practice.answers["link"] = list(link)
    await forced(given)
    await given.registered()

    assert (1, expected) == (given.practice.calls["link"], (await given.holding()).state)
    assert 2 == given.practice.presented.count(token.fingerprint)
    assert (given.practice.details if expected is State.HELD else None) == await given.released()


@pytest.mark.parametrize(("answer", "why"), [(NoAccount(), "account-unknown"), (Refused(Reason.ARCHIVED), "archived")])
async def test_details_that_are_gone_are_not_given(given: Bench, answer: object, why: str) -> None:
    """N16: the retrieve finds none, or refuses: not released, and registered anew."""
    given.practice.answers["retrieve"] = [answer]
    await forced(given)

    assert (AuditEvent.REJECTED, why) == (await given.trail())[-1]
    assert None is await given.released()
    assert REGISTER in given.queue.waiting


@pytest.mark.parametrize("call", ["session", "retrieve"])
@pytest.mark.parametrize("silence", [DOWN, Unexpected("E-77")])
async def test_no_answer_keeps_nobody_from_their_details(given: Bench, call: str, silence: object) -> None:
    """N12, N16: given all the same, looked at again in the background, and the next login is not made to wait."""
    given.practice.answers[call] = [silence]
    await forced(given)

    assert Ready() == await given.offer.progress(PERSON)
    assert given.practice.details == await given.released()
    assert given.queue.waiting[RECHECK] == (await given.holding()).next_try_at
    assert 1 == (await given.holding()).silences
    assert Ready() == await given.offer.prepare(ASKED)


async def test_pds_that_cannot_be_asked_is_done_without(given: Bench) -> None:
    """N20: the practice stored with the account serves during a forced check."""
    given.register.pds = DOWN
    await forced(given)

    assert (AuditEvent.CHECKED, "confirmed") == (await given.trail())[-1]


async def test_who_has_moved_is_registered_there(given: Bench) -> None:
    """N16, N18: PDS names another practice: the old details are withdrawn, and nothing is asked of the old system."""
    given.register.pds = PracticeFound(NUMBER, ELSEWHERE, NAME)
    await forced(given)

    assert {} == given.practice.calls
    assert (AuditEvent.WITHDRAWN, "practice-changed") == (await given.trail())[-1]
    assert Underway() == await given.offer.progress(PERSON)
    assert REGISTER in given.queue.waiting


async def test_who_died_is_withheld(given: Bench) -> None:
    """N16, N22: by PDS's word."""
    given.register.pds = PracticeFound(NUMBER, None, NAME, deceased=True)
    await forced(given)
    await given.registered()

    assert Withheld("archived") == await given.offer.progress(PERSON)


async def test_two_persons_who_became_one_are_followed(given: Bench) -> None:
    """N1, N16: what is held of this one is withdrawn."""
    given.register.pds = PracticeFound(OTHER, given.practice.details.ods_code, NAME)
    given.register.owner_of_new_number = PersonId("person-2")
    await forced(given)

    assert (AuditEvent.WITHDRAWN, "numbers-merged") == (await given.trail())[-1]
    assert Task(TaskKind.REGISTER, PersonId("person-2")) in given.queue.waiting


async def test_another_patient_is_erased_with_an_alarm(given: Bench) -> None:
    """N2, N16: nothing usable is kept."""
    given.practice.number_shown = OTHER
    await forced(given)

    assert (None, None, [PERSON]) == ((await given.holding()).details, (await given.holding()).token, given.alarms)
    assert {"session": 1} == given.practice.calls
    assert Withheld("wrong-patient") == await given.offer.progress(PERSON)


async def test_a_restriction_asks_for_a_sign_in(given: Bench) -> None:
    """N17: by single sign-on it is not lifted, not even by a task that an earlier login left behind."""
    given.practice.restricted = True
    await forced(given)
    await given.registered()

    assert SignInFirst() == await given.offer.progress(PERSON)
    assert 0 == given.practice.calls["verify_anew"]
    assert None is await given.released()


async def test_a_restriction_is_lifted_for_who_has_signed_in(given: Bench) -> None:
    """N16, N17, J11: prompt=login: the check meets the restriction, and the fresh verification follows at once."""
    given.practice.restricted = True
    await forced(given, SIGNED_IN)
    waiting = await given.offer.progress(PERSON)
    assert (REGISTER in given.queue.waiting, {"session": 1}) == (True, given.practice.calls)
    await given.registered()

    assert (Underway(), Ready()) == (waiting, await given.offer.progress(PERSON))
    assert 1 == given.practice.calls["verify_anew"]
    assert given.practice.details == await given.released()
    assert not (await given.holding()).may_lift


async def test_a_sign_in_of_long_ago_lifts_nothing(given: Bench) -> None:
    """N17: it was for the login that asked then; a later check of the background never lifts."""
    await forced(given, SIGNED_IN)
    given.practice.restricted = True
    await given.rechecked()
    await given.registered()

    assert SignInFirst() == await given.offer.prepare(ASKED)
    assert 0 == given.practice.calls["verify_anew"]


async def test_a_second_login_joins_the_check(given: Bench) -> None:
    """N16: two at one moment are one check, which counts once."""
    await given.offer.prepare(ASKED)
    before = await given.holding()

    assert WAIT == await given.offer.prepare(ASKED)
    assert before == await given.holding()
    assert 1 == len(before.forced)


async def test_a_check_that_was_lost_is_not_waited_for(given: Bench) -> None:
    """N16: the worker died and nobody took the task: after ten seconds the details are given as they are."""
    await given.offer.prepare(ASKED)
    given.later(seconds=9.9)
    during = await given.offer.progress(PERSON)
    given.later(seconds=0.1)

    assert (WAIT, Ready()) == (during, await given.offer.progress(PERSON))


async def test_three_in_an_hour_are_enough(given: Bench) -> None:
    """N16: the fourth login is served at once; an hour after the first another may be forced."""
    for _ in range(3):
        await forced(given, SIGNED_IN)
        given.later(minutes=5)
    fourth = await given.offer.prepare(SIGNED_IN)
    given.later(minutes=44)
    still = await given.offer.prepare(SIGNED_IN)
    given.later(minutes=1)

    assert (Ready(), Ready(), WAIT) == (fourth, still, await given.offer.prepare(SIGNED_IN))


async def test_checks_that_ended_without_an_answer_count_too(given: Bench) -> None:
    """N12, N16: a login does not shorten the pause after a silence."""
    given.practice.answers["session"] = [DOWN]
    await forced(given)
    given.later(seconds=4)

    assert Ready() == await given.offer.prepare(SIGNED_IN)
    assert 1 == len((await given.holding()).forced)


@pytest.mark.parametrize("change", [changes.left, changes.token_rejected])
async def test_what_is_held_no_more_is_not_confirmed(given: Bench, change: Callable[..., object]) -> None:
    """A task that comes too late does nothing."""
    await given.holdings.save(change(await given.holding()))  # type: ignore[arg-type]

    assert Finished() == await given.confirmed()
    assert {} == given.practice.calls


@pytest.mark.parametrize("call", ["session", "retrieve"])
async def test_what_changed_meanwhile_makes_the_result_void(given: Bench, call: str) -> None:
    """N8: who was faster saw something newer."""

    def withdraw(made: str) -> None:
        if made == call:
            given.holdings.overtaken_by(changes.left(holding))

    holding = await given.holding()
    given.practice.on_call = withdraw

    assert Finished() == await given.confirmed()
    assert State.WITHDRAWN is (await given.holding()).state


async def test_a_restriction_met_by_the_check_is_written_down(given: Bench) -> None:
    """N7, N17."""
    given.practice.answers["session"] = [Restricted()]
    await forced(given)

    assert (AuditEvent.CHECKED, "restricted") == (await given.trail())[-1]
    assert (None, NOW + timedelta(hours=1, minutes=1)) == ((await given.holding()).confirm_asked_at, given.clock.now())


@pytest.mark.parametrize("call", ["session", "retrieve"])
async def test_a_system_that_says_when_is_believed(given: Bench, call: str) -> None:
    """N12: the next look comes not before."""
    given.practice.answers[call] = [Unreachable(timedelta(minutes=14))]
    await forced(given)

    assert given.clock.now() + timedelta(minutes=14) == given.queue.waiting[RECHECK]


async def test_a_check_at_the_very_moment_of_the_release_is_none_since(known: Bench) -> None:
    """N16 (a): it was finished before the partner had the details."""
    await known.rechecked()
    await known.released()
    known.later(minutes=1)

    assert WAIT == await known.offer.prepare(ASKED)

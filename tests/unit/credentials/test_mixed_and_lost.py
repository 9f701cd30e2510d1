"""What once went wrong: details of two practices mixed, rejected keys that came back, people whom nobody looked after."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials import changes
from gpic.credentials.lifecycle import State
from gpic.credentials.offer import NO_ANSWER, Ready, Underway, Withheld
from gpic.credentials.ports import AuditEvent, Finished, PracticeFound, TryAgainAt
from gpic.nhs.answers import Found, NoAccount, Opened, Reason, Unreachable
from gpic.nhs.credentials import GpCredentials
from gpic.nhs.organisations import OdsCode
from tests.unit.credentials.surgery import (
    ASKED,
    DOWN,
    ELSEWHERE,
    NAME,
    NUMBER,
    PERSON,
    RECHECK,
    REGISTER,
    Bench,
    Killed,
)

pytestmark = pytest.mark.anyio


async def restricted(known: Bench) -> None:
    """EMIS was reset, and a check has seen it."""
    known.practice.restricted = True
    await known.rechecked()
    assert State.RESTRICTED is (await known.holding()).state


async def test_a_move_while_restricted_mixes_nothing(known: Bench) -> None:
    """N4, N18: what was held of the old practice is gone before anything is learned of the new one."""
    await restricted(known)
    known.register.pds = PracticeFound(NUMBER, ELSEWHERE, NAME)
    moved = GpCredentials("99", ELSEWHERE, known.practice.details.linkage_key)
    known.practice.answers["retrieve"] = [Found(moved)]
    known.practice.restricted = False
    known.practice.dead_tokens = set()
    known.practice.answers["link"] = [DOWN]
    await known.signs_in()
    await known.registered()
    holding = await known.holding()

    assert (ELSEWHERE, moved, None) == (holding.practice, holding.details, holding.token)
    assert 0 == known.practice.calls["verify_anew"]


async def test_a_rejected_key_does_not_come_back_by_a_verification(known: Bench) -> None:
    """N13, N17: what a system has rejected is neither presented nor released, wherever it comes from."""
    await restricted(known)
    holding = await known.holding()
    await known.holdings.save(changes.key_rejected(holding))
    known.practice.restricted = True
    await known.signs_in()
    await known.registered()

    assert (State.REFUSED, Reason.KEY_INVALID) == ((await known.holding()).state, (await known.holding()).refusal)
    assert None is await known.released()


async def test_an_account_that_was_opened_is_not_opened_again(bench: Bench) -> None:
    """N10, N12: its details do not show yet; the token says that it is ours, and the task comes again."""
    bench.practice.has_account = False
    bench.practice.answers["retrieve"] = [NoAccount(), NoAccount(), NoAccount()]
    first = await bench.registered()
    bench.later(minutes=1)
    second = await bench.registered()
    bench.later(minutes=1)
    await bench.registered()

    assert [TryAgainAt, TryAgainAt] == [type(first), type(second)]
    assert (1, 1) == (bench.practice.calls["create"], bench.practice.accounts_opened)
    assert State.HELD is (await bench.holding()).state


async def test_somebody_who_moved_meanwhile_is_not_given_the_old_practices_details(bench: Bench) -> None:
    """N8: a result that arrives for a practice that is no longer theirs is discarded, and the new one is asked."""

    def move(call: str) -> None:
        if call == "session" and bench.register.person is not None:
            bench.register.person = replace(bench.register.person, practice=ELSEWHERE)

    bench.practice.on_call = move
    outcome = await bench.registered()
    holding = await bench.holding()

    assert Finished() == outcome
    assert (State.WITHDRAWN, None, None) == (holding.state, holding.details, holding.token)
    assert (AuditEvent.WITHDRAWN, "practice-changed") == (await bench.trail())[-1]
    assert REGISTER in bench.queue.waiting


@pytest.mark.parametrize("kill_at", ["save", "saved"])
async def test_a_check_that_dies_leaves_a_registration_behind(known: Bench, kill_at: str) -> None:
    """J17: whatever happens to the run, somebody looks after this person."""
    known.practice.key += 1
    known.queue.waiting.clear()

    def die(call: str) -> None:
        if call == kill_at:
            raise Killed

    known.holdings.on_call = die
    with pytest.raises(Killed):
        await known.rechecked()

    assert REGISTER in known.queue.waiting


async def test_a_registration_that_finds_nothing_to_do_costs_one_look(known: Bench) -> None:
    """It may be left in vain."""
    known.practice.calls.clear()

    assert Finished() == await known.registered()
    assert {} == dict(known.practice.calls)


async def test_logins_do_not_shorten_the_pause_of_a_silent_system(bench: Bench) -> None:
    """N12: however often somebody presses the button, the system is asked when its pause is over."""
    bench.practice.answers["retrieve"] = [Unreachable(timedelta(minutes=5), detail="down")]
    await bench.registered()
    bench.queue.waiting.clear()
    offered = await bench.offer.prepare(ASKED)

    assert Withheld(NO_ANSWER) == offered
    assert {REGISTER: bench.clock.now() + timedelta(minutes=5)} == bench.queue.waiting


async def test_a_pause_that_ends_in_time_is_waited_for(bench: Bench) -> None:
    """N8, N12: five seconds of the ten are not too long; for who has waited most of them, they are."""
    bench.practice.answers["retrieve"] = [DOWN]
    await bench.registered()

    assert Underway() == await bench.offer.prepare(ASKED)
    assert Withheld(NO_ANSWER) == await bench.offer.progress(PERSON, timedelta(seconds=4))
    assert Underway() == await bench.offer.progress(PERSON, timedelta(seconds=6))


async def test_a_known_persons_check_keeps_its_pause_too(known: Bench) -> None:
    """N12, N14: the claim is given at once all the same."""
    known.later(hours=1)
    known.practice.answers["session"] = [Unreachable(timedelta(minutes=5), detail="down")]
    await known.rechecked()
    known.queue.waiting.clear()

    assert Ready() == await known.offer.prepare(ASKED)
    assert {RECHECK: known.clock.now() + timedelta(minutes=5)} == known.queue.waiting


async def test_a_check_by_retrieve_that_finds_another_practice_starts_over(known: Bench) -> None:
    """N18: without a token the check asks PDS, and what it hears is not mixed with what is held."""
    holding = await known.holding()
    await known.holdings.save(replace(holding, token=None))
    known.register.pds = PracticeFound(NUMBER, OdsCode("B99901"), NAME)
    known.queue.waiting.clear()
    known.practice.calls.clear()
    await known.rechecked()

    assert State.WITHDRAWN is (await known.holding()).state
    assert (AuditEvent.WITHDRAWN, "practice-changed") == (await known.trail())[-1]
    assert REGISTER in known.queue.waiting
    assert 0 == known.practice.calls["retrieve"]


async def test_who_has_had_enough_registrations_is_refused_before_anybody_is_asked(known: Bench) -> None:
    """N13: two completed ones in a day, a lifted restriction's included."""
    holding = await known.holding()
    twice = (known.clock.now(), known.clock.now())
    await known.holdings.save(replace(changes.token_rejected(holding), completed=twice))
    known.practice.calls.clear()
    await known.registered()

    assert Reason.TOO_MANY is (await known.holding()).refusal
    assert {} == dict(known.practice.calls)


async def test_a_new_account_gives_its_token_before_its_details(bench: Bench) -> None:
    """N10: kept at once, even where the details came with it."""
    bench.practice.style = "tpp"
    bench.practice.has_account = False
    bench.supplier = "tpp"
    kept: list[bool] = []

    def note(call: str) -> None:
        if call == "saved":
            kept.append(bench.holdings.saved[-1].token is not None and bench.holdings.saved[-1].details is None)

    bench.holdings.on_call = note
    await bench.registered()

    assert True in kept
    assert isinstance(Opened, type)
    assert State.HELD is (await bench.holding()).state

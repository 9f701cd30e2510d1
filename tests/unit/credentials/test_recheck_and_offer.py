"""A known person: what a login asks of us, and what is checked behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials import changes
from gpic.credentials.lifecycle import State
from gpic.credentials.offer import Ready, SignInFirst, Underway, Withheld
from gpic.credentials.ports import AuditEvent, AuditRecord, Finished, TryAgainAt
from gpic.nhs.answers import AlreadyLinked, NoAccount, Reason, Refused, Unexpected
from tests.unit.credentials.surgery import ASKED, DOWN, ELSEWHERE, NOW, OTHER, PERSON, RECHECK, REGISTER, Bench

pytestmark = pytest.mark.anyio


async def test_a_new_person_is_worth_waiting_for(bench: Bench) -> None:
    """N8: a registration is queued at once, and nobody is called on the request's way."""
    assert Underway() == await bench.offer.prepare(ASKED)

    assert {REGISTER: NOW} == bench.queue.waiting
    assert ({}, 0) == (bench.practice.calls, bench.register.asked_pds)
    assert [] == await bench.trail()


async def test_a_known_person_is_served_at_once_and_checked_behind(known: Bench) -> None:
    """N14: ready, a check queued, no GP call and no PDS call."""
    assert Ready() == await known.offer.prepare(ASKED)

    assert {RECHECK: known.clock.now()} == known.queue.waiting
    assert ({}, 0) == (known.practice.calls, known.register.asked_pds)


@pytest.mark.parametrize(("age", "expected"), [(59, 0), (60, 1)])
async def test_a_good_check_serves_for_a_minute(known: Bench, age: int, expected: int) -> None:
    """N14: younger than 60 s, no other is queued."""
    await known.rechecked()
    known.later(seconds=age)

    await known.offer.prepare(ASKED)

    assert expected == len(known.queue.waiting)


async def test_a_waiting_login_hears_how_it_goes(bench: Bench) -> None:
    """N8, N11: underway, then ready, or withheld with the reason."""
    before = await bench.offer.progress(PERSON)
    await bench.registered()

    assert (Underway(), Ready()) == (before, await bench.offer.progress(PERSON))


async def test_a_refused_person_is_withheld_until_the_pause_is_over(bench: Bench) -> None:
    """N11: within the pause the login goes on at once without the claim; after it a try is made."""
    bench.practice.answers["retrieve"] = [Refused(Reason.UNDER_AGE)]
    await bench.registered()

    within = (await bench.offer.prepare(ASKED), await bench.offer.progress(PERSON))
    bench.later(minutes=15)
    after = await bench.offer.prepare(ASKED)

    assert (Withheld("under-age"), Withheld("under-age")) == within
    assert Underway() == after


async def test_silence_keeps_a_login_waiting(bench: Bench) -> None:
    """N12: no answer is no result; the caller's own deadline ends the wait."""
    bench.practice.answers["retrieve"] = [DOWN]
    await bench.registered()

    assert Underway() == await bench.offer.progress(PERSON)


async def test_a_restricted_account_wants_a_sign_in(known: Bench) -> None:
    """N17: single sign-on is not enough; after a real sign-in the registration takes it up."""
    known.practice.restricted = True
    await known.rechecked()

    assert SignInFirst() == await known.offer.prepare(ASKED)
    assert Underway() == await known.offer.prepare(replace(ASKED, signed_in_now=True))
    assert REGISTER in known.queue.waiting
    assert await known.released() is None


async def test_another_system_at_the_practice_ends_the_old_details_at_once(known: Bench) -> None:
    """N19: a local look at every login; withdrawn, never released, registered anew."""
    known.supplier = "tpp"

    assert Underway() == await known.offer.prepare(ASKED)

    assert await known.released() is None
    assert AuditEvent.WITHDRAWN in await known.events()
    await known.registered()
    assert "tpp" == (await known.holding()).supplier


async def test_another_practice_in_the_same_answer_withholds_the_claim(known: Bench) -> None:
    """N4: gp_registration_details would name another practice: no GP claim, and no release record."""
    assert await known.offer.release(PERSON, "partner", ELSEWHERE) is None
    assert AuditEvent.RELEASED not in await known.events()


async def test_a_good_check_is_stamped(known: Bench) -> None:
    """N14, N15: accepted, and the session shows the right patient."""
    assert Finished() == await known.rechecked()

    assert known.clock.now() == (await known.holding()).checked_at
    assert {"session": 1} == known.practice.calls
    assert [AuditEvent.REGISTERED, AuditEvent.CHECKED] == await known.events()


async def test_a_dead_token_stops_the_release_and_registers_anew(known: Bench) -> None:
    """N15, J5: the key was rotated: nothing is released until new details are there; the old token is never shown again."""
    known.practice.key += 1
    dead = (await known.holding()).token
    assert dead is not None

    await known.rechecked()
    between = await known.released()
    await known.registered()

    assert between is None
    assert {REGISTER: known.clock.now()} == known.queue.waiting
    assert known.practice.details == await known.released()
    assert 2 == known.practice.presented.count(dead.fingerprint)  # the proof, and the check that rejected it


async def test_the_same_details_after_a_rejection_are_linked_once(known: Bench) -> None:
    """N15: the token died but the key did not: link once; success, and they are released again."""
    token = (await known.holding()).token
    assert token is not None
    known.practice.dead_tokens.add(token.text.reveal())

    await known.rechecked()
    await known.registered()

    assert known.practice.details == await known.released()
    assert 1 == known.practice.calls["link"]


async def test_another_patient_in_a_check_is_erased(known: Bench) -> None:
    """N2: also what was right yesterday."""
    known.practice.number_shown = OTHER

    await known.rechecked()

    holding = await known.holding()
    assert (State.REFUSED, None, None) == (holding.state, holding.details, holding.token)
    assert [PERSON] == known.alarms
    assert await known.released() is None


@pytest.mark.parametrize("silence", [DOWN, Unexpected("418")])
async def test_no_answer_to_a_check_keeps_the_claim(known: Bench, silence: object) -> None:
    """N12, J13: unreachable is not invalid: the details are still given, the check comes back."""
    known.practice.answers["session"] = [silence]

    outcome = await known.rechecked()

    assert TryAgainAt(known.clock.now() + timedelta(seconds=5)) == outcome
    assert known.practice.details == await known.released()


async def test_access_that_was_revoked_is_found_by_the_check(known: Bench) -> None:
    """N21, J10: register anew; refused; withheld with the reason."""
    known.practice.answers["session"] = [Refused(Reason.ONLINE_SERVICES_OFF)]
    await known.rechecked()
    known.practice.answers["retrieve"] = [Refused(Reason.ARCHIVED)]

    await known.registered()

    assert Reason.ARCHIVED is (await known.holding()).refusal
    assert await known.released() is None


class TestWithoutToken:
    """Details that are held without an own token are checked by retrieving (N10)."""

    @pytest.fixture
    async def held(self, bench: Bench) -> Bench:
        """Linking said "already linked"."""
        bench.practice.answers["link"] = [AlreadyLinked()]
        await bench.registered()
        bench.later(hours=1)
        bench.practice.calls.clear()
        return bench

    async def test_the_same_details_are_a_good_check(self, held: Bench) -> None:
        """N10: one retrieve, compared."""
        await held.rechecked()

        assert {"retrieve": 1} == held.practice.calls
        assert held.clock.now() == (await held.holding()).checked_at

    @pytest.mark.parametrize("answer", ["another key", NoAccount(), Refused(Reason.ARCHIVED)])
    async def test_anything_else_registers_anew(self, held: Bench, answer: object) -> None:
        """N15: other details, none, or a refusal stop the release."""
        if answer == "another key":
            held.practice.key += 1
        else:
            held.practice.answers["retrieve"] = [answer]

        await held.rechecked()

        assert await held.released() is None
        assert REGISTER in held.queue.waiting

    async def test_no_answer_changes_nothing(self, held: Bench) -> None:
        """N12."""
        held.practice.answers["retrieve"] = [DOWN]

        assert isinstance(await held.rechecked(), TryAgainAt)
        assert held.practice.details == await held.released()

    async def test_a_silent_pds_is_no_obstacle_to_a_check(self, held: Bench) -> None:
        """N20: the stored practice serves."""
        held.register.pds = DOWN

        await held.rechecked()

        assert held.practice.details == await held.released()


async def test_a_check_of_what_changed_meanwhile_is_void(known: Bench) -> None:
    """N15: the holding was withdrawn while the session was opened: the late result is discarded."""

    def withdraw(call: str) -> None:
        holding = known.holdings._holdings[PERSON]
        known.holdings._holdings[PERSON] = replace(changes.left(holding), version=holding.version + 1)

    known.practice.on_call = withdraw

    assert Finished() == await known.rechecked()
    assert State.WITHDRAWN is (await known.holding()).state


async def test_a_check_comes_too_late_for_nobody(bench: Bench) -> None:
    """A check of somebody who is not held asks nobody."""
    assert Finished() == await bench.rechecked()
    assert {} == bench.practice.calls


async def test_what_is_withheld_elsewhere_is_written_down_whole(known: Bench) -> None:
    """N7: when, whose, at which version, for whom and why."""
    await known.offer.withhold(PERSON, "riverside", "not-entitled")

    now, version = known.clock.now(), (await known.holding()).version
    expected = AuditRecord(now, PERSON, AuditEvent.WITHHELD, version, "riverside", "not-entitled")
    assert expected == (await known.holdings.trail(PERSON))[-1]

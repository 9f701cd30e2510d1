"""Getting a person's details."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, Finished, NotOnPds, Person, PracticeFound, Task, TaskKind, TryAgainAt
from gpic.credentials.register import Register
from gpic.nhs.answers import AlreadyLinked, NoAccount, Reason, Refused, Rejected, Unexpected, Unreachable
from tests.unit.credentials.surgery import DOWN, ELSEWHERE, NAME, NOW, NUMBER, OTHER, PERSON, PRACTICE, Bench, Practice

pytestmark = pytest.mark.anyio


async def test_an_account_that_exists_is_retrieved_and_linked_once(bench: Bench) -> None:
    """J1, N8, N10: one retrieve, one link, one session for the proof; then the details may be released."""
    assert Finished() == await bench.registered()

    holding = await bench.holding()
    assert {"retrieve": 1, "link": 1, "session": 1} == bench.practice.calls
    assert (NOW, NOW) == (holding.registered_at, holding.checked_at)
    assert bench.practice.details == await bench.released()
    assert [AuditEvent.REGISTERED, AuditEvent.RELEASED] == await bench.events()


async def test_a_new_account_at_emis_is_read_and_not_linked(bench: Bench) -> None:
    """J2, N10: retrieve finds none, create, retrieve; creating gave the own token."""
    bench.practice.has_account = False

    await bench.registered()

    assert {"retrieve": 2, "create": 1, "session": 1} == bench.practice.calls
    assert bench.practice.details == await bench.released()


async def test_a_new_account_at_tpp_is_known_at_once(bench: Bench) -> None:
    """J3, N10: retrieve is blank, create tells everything."""
    bench.practice, bench.supplier = Practice("tpp", has_account=False), "tpp"

    await bench.registered()

    assert {"retrieve": 1, "create": 1, "session": 1} == bench.practice.calls
    assert ("tpp", PRACTICE) == ((await bench.holding()).supplier, (await bench.holding()).practice)


async def test_nothing_is_done_for_somebody_who_is_held(bench: Bench) -> None:
    """N8: a task that comes late, or twice, asks nobody."""
    await bench.registered()
    bench.practice.calls.clear()

    assert Finished() == await bench.registered()

    assert {} == bench.practice.calls


async def test_details_are_stored_before_the_own_token_exists(bench: Bench) -> None:
    """N8, N10: unproved details are saved before link is called, the token before it is first used."""
    order: list[str] = []
    bench.practice.on_call = order.append
    bench.holdings.on_call = lambda call: order.append(call) if call == "saved" else None

    await bench.registered()

    assert ["saved", "retrieve", "saved", "link", "saved", "session", "saved"] == order
    stages = [(holding.state, holding.details is not None, holding.token is not None) for holding in bench.holdings.saved]
    assert [
        (State.REGISTERING, False, False),
        (State.UNPROVED, True, False),
        (State.UNPROVED, True, True),
        (State.HELD, True, True),
    ] == stages


async def test_another_patient_leaves_nothing_behind(bench: Bench) -> None:
    """N2, J23: details and token are erased in one save, with an alarm and an audit record; nothing is ever released."""
    bench.practice.number_shown = OTHER

    await bench.registered()

    holding = await bench.holding()
    assert (State.REFUSED, None, None, Reason.WRONG_PATIENT) == (holding.state, holding.details, holding.token, holding.refusal)
    assert [PERSON] == bench.alarms
    assert await bench.released() is None
    assert [AuditEvent.WRONG_PATIENT, AuditEvent.WITHHELD] == await bench.events()


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("retrieve", Reason.UNDER_AGE),
        ("retrieve", Reason.SEVERAL_RECORDS),
        ("retrieve", Reason.PRACTICE_NOT_LIVE),
        ("create", Reason.NOT_REGISTERED),
        ("create", Reason.ARCHIVED),
        ("link", Reason.DEMOGRAPHICS_DIFFER),
        ("session", Reason.ONLINE_SERVICES_OFF),
    ],
)
async def test_a_lasting_refusal_ends_it_with_its_reason(bench: Bench, call: str, reason: Reason) -> None:
    """N11: whoever refuses at whatever step, nothing usable stays, and the reason is kept."""
    bench.practice.has_account = call != "create"
    bench.practice.answers[call] = [Refused(reason)]

    assert Finished() == await bench.registered()

    holding = await bench.holding()
    assert (State.REFUSED, reason, None, None) == (holding.state, holding.refusal, holding.details, holding.token)
    assert NOW + timedelta(minutes=15) == holding.next_try_at
    assert [AuditEvent.REFUSED] == await bench.events()


async def test_pauses_grow_to_a_day_and_start_anew_after_success(bench: Bench) -> None:
    """N11: 15 min, 1 h, 6 h, then daily; within a pause nobody is asked; success forgets them."""
    pauses = [timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=1)]
    for pause in pauses:
        bench.practice.answers["retrieve"] = [Refused(Reason.PRACTICE_NOT_LIVE)]
        await bench.registered()
        assert pause == ((await bench.holding()).next_try_at or NOW) - bench.clock.now()
        bench.practice.calls.clear()
        bench.later(seconds=pause.total_seconds() - 1)
        await bench.registered()
        assert {} == bench.practice.calls
        bench.later(seconds=1)
    await bench.registered()

    holding = await bench.holding()
    assert (State.HELD, 0, None, None) == (holding.state, holding.tries, holding.refusal, holding.next_try_at)


@pytest.mark.parametrize("call", ["retrieve", "link", "session"])
@pytest.mark.parametrize("silence", [DOWN, Unexpected("418")])
async def test_no_answer_changes_nothing_and_is_asked_again(bench: Bench, call: str, silence: Unreachable | Unexpected) -> None:
    """N12: the task comes back after 5 s, takes up where it was, and repeats no step that was answered."""
    bench.practice.answers[call] = [silence]

    assert TryAgainAt(NOW + timedelta(seconds=5)) == await bench.registered()
    assert await bench.released() is None
    assert Finished() == await bench.registered()

    assert bench.practice.details == await bench.released()
    assert {"retrieve": 1, "link": 1, "session": 1} | {call: 2} == bench.practice.calls


async def test_silences_double_up_to_a_quarter_of_an_hour(bench: Bench) -> None:
    """N12: 5 s, 10 s, 20 s … 15 min; a supplier that names a later moment is believed, within bounds."""
    bench.practice.answers["retrieve"] = [DOWN] * 10
    waits = []
    for _ in range(10):
        outcome = await bench.registered()
        assert isinstance(outcome, TryAgainAt)
        waits.append((outcome.when - NOW).total_seconds())
    bench.practice.answers["retrieve"] = [Unreachable(timedelta(hours=3))]
    outcome = await bench.registered()

    assert [5, 10, 20, 40, 80, 160, 320, 640, 900, 900] == waits
    assert TryAgainAt(NOW + timedelta(minutes=15)) == outcome


async def test_chance_shortens_a_pause_a_little(bench: Bench) -> None:
    """N12: jitter, so that a thousand tasks do not come back in one second."""
    bench.practice.answers["retrieve"] = [DOWN]
    outcome = await Register(replace(bench.desk, chance=lambda: 1.0)).run(Task(TaskKind.REGISTER, PERSON))

    assert TryAgainAt(NOW + timedelta(seconds=4)) == outcome


async def test_already_linked_goes_without_a_token(bench: Bench) -> None:
    """N10: the token is lost and the system will not say it: the retrieve by the person's own number is the proof (N2)."""
    bench.practice.answers["link"] = [AlreadyLinked()]

    await bench.registered()

    assert (await bench.holding()).token is None
    assert bench.practice.details == await bench.released()
    assert {"retrieve": 1, "link": 1} == bench.practice.calls


async def test_a_key_that_was_rejected_is_never_shown_again(bench: Bench) -> None:
    """N13: link rejects the key; when the very same details come back later they are not presented and not released."""
    bench.practice.answers["link"] = [Rejected(Reason.KEY_INVALID)]
    await bench.registered()
    bench.later(minutes=16)

    await bench.registered()

    assert 1 == bench.practice.presented.count(bench.practice.details.fingerprint)
    assert Reason.KEY_INVALID is (await bench.holding()).refusal
    assert await bench.released() is None


async def test_a_fresh_key_after_a_rejected_one_works(bench: Bench) -> None:
    """N13, N15: only the rejected secret is shunned; another key is a new start."""
    bench.practice.answers["link"] = [Rejected(Reason.KEY_INVALID)]
    await bench.registered()
    bench.practice.key += 1
    bench.later(minutes=16)

    await bench.registered()

    assert bench.practice.details == await bench.released()


async def test_a_token_that_is_refused_at_once_is_never_shown_again(bench: Bench) -> None:
    """N13: the proof rejects the token: it is forgotten, the person waits (N11), and a later try links anew."""
    bench.practice.answers["session"] = [Rejected(Reason.TOKEN_INVALID)]
    await bench.registered()
    first = bench.practice.presented[-1]
    bench.later(minutes=16)
    await bench.registered()

    assert 1 == bench.practice.presented.count(first)
    assert State.HELD is (await bench.holding()).state


async def test_two_completed_registrations_a_day_are_enough(bench: Bench) -> None:
    """N13: a key that dies again and again is not chased; a day later it is tried again."""
    for _ in range(2):
        await bench.registered()
        bench.practice.key += 1
        await bench.rechecked()
    bench.practice.calls.clear()

    await bench.registered()
    refusal = (await bench.holding()).refusal
    calls = dict(bench.practice.calls)
    bench.later(days=1)
    await bench.registered()

    assert (Reason.TOO_MANY, {}) == (refusal, calls)
    assert bench.practice.details == await bench.released()


async def test_an_account_that_appears_meanwhile_is_read(bench: Bench) -> None:
    """N8: retrieve says none, create says it exists: it is retrieved once more, and nothing is created."""
    bench.practice.answers["retrieve"] = [NoAccount()]

    await bench.registered()

    assert {"retrieve": 2, "create": 1, "link": 1, "session": 1} == bench.practice.calls
    assert 0 == bench.practice.accounts_opened


async def test_a_restricted_account_waits_for_its_owner(bench: Bench) -> None:
    """N17: the proof meets a restriction; a later run, after a real sign-in, verifies anew and goes on."""
    bench.practice.restricted = True
    await bench.registered()
    state = (await bench.holding()).state

    await bench.registered()
    without_sign_in = bench.practice.calls["verify_anew"]
    await bench.signs_in()
    await bench.registered()

    assert (State.RESTRICTED, 0) == (state, without_sign_in)
    assert 1 == bench.practice.calls["verify_anew"]
    assert bench.practice.details == await bench.released()


async def test_a_key_that_the_reset_changed_replaces_ours(bench: Bench) -> None:
    """N17: whatever the verification returns replaces what we held; the old token goes with the old key."""
    await bench.registered()
    bench.practice.restricted = True
    await bench.rechecked()
    bench.practice.key += 1

    await bench.signs_in()
    await bench.registered()

    assert bench.practice.details == await bench.released()
    assert 2 == bench.practice.calls["link"]


async def test_pds_names_the_practice(bench: Bench) -> None:
    """N8: the practice that PDS names is asked, and remembered with the account."""
    bench.register.pds = PracticeFound(NUMBER, ELSEWHERE, NAME)

    await bench.registered()

    assert ELSEWHERE == (await bench.holding()).practice
    assert bench.register.person is not None
    assert ELSEWHERE == bench.register.person.practice


async def test_the_accounts_practice_serves_when_pds_cannot_be_asked(bench: Bench) -> None:
    """N20: during a first registration the practice stored with the account is enough."""
    bench.register.pds = DOWN

    await bench.registered()

    assert bench.practice.details == await bench.released()


async def test_without_any_practice_a_silent_pds_is_asked_again(bench: Bench) -> None:
    """N12, N20: nothing is known and nobody answers: later."""
    bench.register.pds = DOWN
    bench.register.person = Person(PERSON, NUMBER, NAME, None)

    assert isinstance(await bench.registered(), TryAgainAt)
    assert {} == bench.practice.calls


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (NotOnPds(), Reason.NOT_PDS_MATCHED),
        (PracticeFound(NUMBER, PRACTICE, NAME, deceased=True), Reason.ARCHIVED),
    ],
)
async def test_whom_pds_does_not_know_alive_is_not_registered(
    bench: Bench, answer: PracticeFound | NotOnPds, expected: Reason
) -> None:
    """N11, N22: not on PDS, or formally dead."""
    bench.register.pds = answer

    await bench.registered()

    assert expected is (await bench.holding()).refusal
    assert {} == bench.practice.calls


async def test_a_restricted_pds_record_is_no_proof_of_having_left(bench: Bench) -> None:
    """N22: PDS names no practice and no name: what the account says serves."""
    bench.register.pds = PracticeFound(NUMBER, None, None)

    await bench.registered()

    assert bench.practice.details == await bench.released()


async def test_a_practice_that_nobody_covers_is_an_outcome(bench: Bench) -> None:
    """N11, G7: an unknown supplier."""
    bench.supplier = ""

    await bench.registered()

    assert Reason.NOT_COVERED is (await bench.holding()).refusal


async def test_a_move_in_the_middle_starts_over_at_the_new_practice(bench: Bench) -> None:
    """N8: what was stored unproved for the old practice is discarded, never released."""
    bench.practice.answers["session"] = [DOWN]
    await bench.registered()
    bench.register.pds = PracticeFound(NUMBER, ELSEWHERE, NAME)

    await bench.registered()

    holding = await bench.holding()
    assert (State.HELD, ELSEWHERE) == (holding.state, holding.practice)
    assert 2 == bench.practice.calls["retrieve"]


async def test_an_account_that_exists_and_does_not_show_is_a_refusal(bench: Bench) -> None:
    """N10, N11: EMIS says that there is one, and tells no details of it."""
    bench.practice.has_account = False
    bench.practice.answers = {"create": [Refused(Reason.ACCOUNT_EXISTS)], "retrieve": [NoAccount(), NoAccount()]}
    await bench.registered()

    assert (State.REFUSED, Reason.ACCOUNT_EXISTS) == ((await bench.holding()).state, (await bench.holding()).refusal)

"""Getting a person's details: silences that say when, reasons that are written down, numbers that change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials import changes
from gpic.credentials.holding import PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, Finished, PracticeFound, Task, TaskKind, TryAgainAt
from gpic.nhs.answers import AlreadyLinked, NoAccount, Reason, Refused, Rejected, Restricted, Unreachable
from tests.unit.credentials.surgery import DOWN, NAME, NOW, NUMBER, OTHER, PERSON, PRACTICE, Bench

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("call", ["retrieve", "create", "link", "session"])
async def test_a_system_that_says_when_is_believed(bench: Bench, call: str) -> None:
    """N12: whichever call meets the silence, its Retry-After decides; a shorter one than our own pause does not."""
    bench.practice.has_account = call != "create"
    bench.practice.answers[call] = [Unreachable(timedelta(minutes=1)), Unreachable(timedelta(seconds=1))]

    first = await bench.registered()
    second = await bench.registered()

    assert TryAgainAt(NOW + timedelta(minutes=1)) == first
    assert TryAgainAt(NOW + timedelta(seconds=10)) == second


async def test_a_pds_that_says_when_is_believed(bench: Bench) -> None:
    """N12: PDS too."""
    bench.register.pds = Unreachable(timedelta(minutes=1))
    assert bench.register.person is not None
    bench.register.person = replace(bench.register.person, practice=None)

    assert TryAgainAt(NOW + timedelta(minutes=1)) == await bench.registered()


async def test_a_lifting_that_is_put_off_comes_back_when_told(bench: Bench) -> None:
    """N12, N17: the fresh verification as well."""
    bench.practice.answers["session"] = [Restricted()]
    await bench.registered()
    await bench.signs_in()
    bench.practice.answers["verify_anew"] = [Unreachable(timedelta(minutes=1))]

    assert TryAgainAt(NOW + timedelta(minutes=1)) == await bench.registered()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (NoAccount(), [(AuditEvent.REJECTED, "no-account"), (AuditEvent.REGISTERED, "by-session")]),
        (Refused(Reason.ARCHIVED), [(AuditEvent.REFUSED, "archived")]),
    ],
)
async def test_a_lifting_that_finds_nothing_ends_as_a_registration_does(
    bench: Bench, answer: NoAccount | Refused, expected: list[tuple[AuditEvent, str]]
) -> None:
    """N17: no account any more: register anew; refused: N11."""
    bench.practice.answers["session"] = [Restricted()]
    await bench.registered()
    await bench.signs_in()
    bench.practice.answers["verify_anew"] = [answer]

    await bench.registered()

    assert [(AuditEvent.CHECKED, "restricted"), *expected] == await bench.trail()


async def test_what_happened_is_written_down_with_its_reason(bench: Bench) -> None:
    """N7: registered, rejected, restricted, lifted, refused: each with a stable code."""
    await bench.registered()
    bench.later(hours=1)
    bench.practice.restricted = True
    await bench.rechecked()
    await bench.signs_in()
    await bench.registered()
    bench.practice.answers["session"] = [Rejected(Reason.LOCKED)]
    await bench.rechecked()
    bench.practice.answers["link"] = [Rejected(Reason.KEY_INVALID)]
    await bench.registered()

    assert [
        (AuditEvent.REGISTERED, "by-session"),
        (AuditEvent.CHECKED, "restricted"),
        (AuditEvent.CHECKED, "lifted"),
        (AuditEvent.REGISTERED, "by-session"),
        (AuditEvent.REJECTED, "locked"),
        (AuditEvent.REJECTED, "key-invalid"),
        (AuditEvent.REFUSED, "key-invalid"),
    ] == await bench.trail()


async def test_a_proof_that_rejects_is_written_down(bench: Bench) -> None:
    """N7, N13: the token that was refused at once, and the refusal that follows."""
    bench.practice.answers["session"] = [Rejected(Reason.TOKEN_INVALID)]

    await bench.registered()

    assert [(AuditEvent.REJECTED, "token-invalid"), (AuditEvent.REFUSED, "token-invalid")] == await bench.trail()


async def test_a_proof_by_retrieve_is_told_apart(bench: Bench) -> None:
    """N7, N10."""
    bench.practice.answers["link"] = [AlreadyLinked()]

    await bench.registered()

    assert [(AuditEvent.REGISTERED, "by-retrieve")] == await bench.trail()


async def test_an_account_that_tells_no_details_is_asked_again(bench: Bench) -> None:
    """N12: created, and still none on the retrieve: an answer that nobody has described, so later."""
    bench.practice.has_account = False
    bench.practice.answers["retrieve"] = [NoAccount(), NoAccount()]

    assert isinstance(await bench.registered(), TryAgainAt)
    await bench.registered()

    assert bench.practice.details == await bench.released()
    assert 1 == bench.practice.accounts_opened


async def test_who_has_no_practice_anywhere_is_not_registered(bench: Bench) -> None:
    """N11: neither PDS nor the account names one."""
    assert bench.register.person is not None
    bench.register.person = replace(bench.register.person, practice=None)
    bench.register.pds = PracticeFound(NUMBER, None, NAME)

    await bench.registered()

    assert Reason.NOT_REGISTERED is (await bench.holding()).refusal


async def test_a_result_that_comes_late_is_discarded(bench: Bench) -> None:
    """N8: the holding was withdrawn while the system was asked: nothing of the answer is kept."""

    def withdraw(call: str) -> None:
        if call == "retrieve":
            holding = bench.holdings._holdings[PERSON]
            bench.holdings._holdings[PERSON] = replace(changes.left(holding), version=holding.version + 1)

    bench.practice.on_call = withdraw

    assert Finished() == await bench.registered()

    holding = await bench.holding()
    assert (State.WITHDRAWN, None) == (holding.state, holding.details)


async def test_nobody_is_registered_who_is_nobody(bench: Bench) -> None:
    """A task for a person who is gone ends."""
    bench.register.person = None

    assert Finished() == await bench.registered()
    assert {} == bench.practice.calls


async def test_a_restriction_that_shows_while_lifting_fails_is_kept(bench: Bench) -> None:
    """N12, N17: no answer to the fresh verification leaves the restriction as it is."""
    bench.practice.answers["session"] = [Restricted()]
    await bench.registered()
    await bench.signs_in()
    bench.practice.answers["verify_anew"] = [DOWN]

    outcome = await bench.registered()

    assert isinstance(outcome, TryAgainAt)
    assert State.RESTRICTED is (await bench.holding()).state


async def test_a_new_number_is_taken_on_and_the_old_one_still_proves(bench: Bench) -> None:
    """N1, N2, N22: PDS gives another number: asked for and remembered; a system that still shows the old one is right."""
    bench.register.pds = PracticeFound(OTHER, PRACTICE, NAME)

    await bench.registered()

    assert bench.register.person is not None
    assert (OTHER, frozenset({NUMBER})) == (bench.register.person.nhs_number, bench.register.person.former_numbers)
    assert bench.practice.details == await bench.released()


async def test_two_persons_whom_pds_merged_become_one(bench: Bench) -> None:
    """N1: the number belongs to another person here: what was held of this one is withdrawn, the other is registered."""
    survivor = PersonId("person-2")
    bench.register.pds = PracticeFound(OTHER, PRACTICE, NAME)
    bench.register.owner_of_new_number = survivor

    assert Finished() == await bench.registered()

    assert State.WITHDRAWN is (await bench.holding()).state
    assert [Task(TaskKind.REGISTER, survivor)] == list(bench.queue.waiting)
    assert {} == bench.practice.calls
    assert [AuditEvent.WITHDRAWN] == await bench.events()

"""A known person: what is written down, and checks that come at the wrong moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials import changes
from gpic.credentials.holding import PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.offer import Underway
from gpic.credentials.ports import AuditEvent, Finished, NotOnPds, PracticeFound, Task, TaskKind, TryAgainAt
from gpic.nhs.answers import AlreadyLinked, NoAccount, Reason, Refused, Unreachable
from tests.unit.credentials.surgery import ASKED, NOW, OTHER, PERSON, REGISTER, Bench

pytestmark = pytest.mark.anyio


async def test_checks_are_written_down_with_their_reason(known: Bench) -> None:
    """N7: accepted; then another system."""
    await known.rechecked()
    known.supplier = "tpp"
    await known.rechecked()

    assert [
        (AuditEvent.REGISTERED, "by-session"),
        (AuditEvent.CHECKED, "accepted"),
        (AuditEvent.WITHDRAWN, "system-changed"),
    ] == await known.trail()
    assert REGISTER in known.queue.waiting


async def test_a_practice_that_is_no_longer_covered_is_withdrawn_by_the_check(known: Bench) -> None:
    """N19: the directory knows no system any more: not released, registered anew, which will say "not covered"."""
    known.supplier = ""

    await known.rechecked()

    assert State.WITHDRAWN is (await known.holding()).state
    assert REGISTER in known.queue.waiting


async def test_the_login_that_finds_another_system_writes_it_down(known: Bench) -> None:
    """N7, N19."""
    known.supplier = "tpp"

    await known.offer.prepare(ASKED)

    assert (AuditEvent.WITHDRAWN, "system-changed") == (await known.trail())[-1]
    assert {REGISTER: known.clock.now()} == known.queue.waiting


async def test_a_withdrawn_person_is_waited_for(known: Bench) -> None:
    """N18, N19: somebody who logs in after a withdrawal waits for the registration that follows it."""
    holding = await known.holding()
    await known.holdings.save(changes.left(holding))

    assert Underway() == await known.offer.progress(PERSON)


async def test_a_release_is_remembered_for_its_partner(known: Bench) -> None:
    """N16: when this client last got it, on the world clock; others did not."""
    await known.released()

    assert known.clock.now() == await known.holdings.released_at(PERSON, "partner")
    assert await known.holdings.released_at(PERSON, "another") is None


async def test_a_silence_that_says_when_is_believed_by_checks(known: Bench) -> None:
    """N12."""
    known.practice.answers["session"] = [Unreachable(timedelta(minutes=1))]

    assert TryAgainAt(known.clock.now() + timedelta(minutes=1)) == await known.rechecked()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (NoAccount(), (AuditEvent.REJECTED, "key-invalid")),
        (Refused(Reason.ARCHIVED), (AuditEvent.REJECTED, "archived")),
        (None, (AuditEvent.CHECKED, "same-details")),
    ],
)
async def test_a_check_by_retrieve_is_written_down(bench: Bench, answer: object, expected: tuple[AuditEvent, str]) -> None:
    """N7, N10."""
    bench.practice.answers = {"link": [AlreadyLinked()]}
    await bench.registered()
    bench.practice.answers = {"retrieve": [answer] if answer else []}

    await bench.rechecked()

    assert expected == (await bench.trail())[-1]


async def test_a_check_by_retrieve_waits_as_told(bench: Bench) -> None:
    """N12: a silent system, and a silent PDS where no practice is known."""
    bench.practice.answers = {"link": [AlreadyLinked()]}
    await bench.registered()
    bench.practice.answers = {"retrieve": [Unreachable(timedelta(minutes=1))]}
    first = await bench.rechecked()
    assert bench.register.person is not None
    bench.register.person = replace(bench.register.person, practice=None)
    bench.register.pds = Unreachable(timedelta(minutes=2))
    second = await bench.rechecked()

    assert [TryAgainAt(NOW + timedelta(minutes=1)), TryAgainAt(NOW + timedelta(minutes=2))] == [first, second]


async def test_a_check_by_retrieve_of_somebody_who_died_ends_the_release(bench: Bench) -> None:
    """N22: PDS says so while we look."""
    bench.practice.answers = {"link": [AlreadyLinked()]}
    await bench.registered()
    bench.register.pds = NotOnPds()

    await bench.rechecked()

    assert (AuditEvent.REJECTED, "not-pds-matched") == (await bench.trail())[-1]
    assert await bench.released() is None


async def test_a_check_by_retrieve_finds_two_persons_merged(bench: Bench) -> None:
    """N1: the same hand-over as in a registration."""
    bench.practice.answers = {"link": [AlreadyLinked()]}
    await bench.registered()
    bench.register.pds = PracticeFound(OTHER, bench.register.pds.practice, None)  # type: ignore[union-attr] # it was found
    bench.register.owner_of_new_number = PersonId("person-2")

    await bench.rechecked()

    assert (AuditEvent.WITHDRAWN, "numbers-merged") == (await bench.trail())[-1]
    assert Task(TaskKind.REGISTER, PersonId("person-2")) in bench.queue.waiting


async def test_who_was_withdrawn_is_registered_where_they_are_now(known: Bench) -> None:
    """N18, N19: nothing is left to withdraw, whatever system the old practice has by now."""
    await known.holdings.save(changes.left(await known.holding()))
    before = await known.trail()
    known.supplier = "tpp"

    assert Underway() == await known.offer.prepare(ASKED)
    assert before == await known.trail()


async def test_a_check_of_somebody_who_is_gone_asks_nobody(known: Bench) -> None:
    """The account was deleted meanwhile."""
    known.register.person = None

    assert Finished() == await known.rechecked()
    assert {} == known.practice.calls


async def test_a_check_of_somebody_who_was_refused_asks_nobody(bench: Bench) -> None:
    """N11: a check that was queued before the refusal comes too late."""
    bench.practice.answers["link"] = [Refused(Reason.DEMOGRAPHICS_DIFFER)]
    await bench.registered()
    bench.practice.calls.clear()

    assert Finished() == await bench.rechecked()
    assert {} == bench.practice.calls

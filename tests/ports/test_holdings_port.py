"""Holdings and their audit trail, in every implementation."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, AuditRecord, Saved, Stale
from gpic.nhs.answers import Reason
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.storage.provider.cabinets import Cabinets

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PERSON = PersonId("person-1")
PRACTICE = OdsCode("A12345")
DETAILS = GpCredentials("account-1", PRACTICE, Secret("key ü \n 1"))
HELD = Holding(
    person=PERSON,
    state=State.HELD,
    supplier="emis",
    practice=PRACTICE,
    details=DETAILS,
    token=Im1Token("emis", Secret("token-1")),
    rejected=frozenset({"a" * 64, "b" * 64}),
    refusal=Reason.UNDER_AGE,
    tries=2,
    silences=3,
    next_try_at=NOW + timedelta(hours=1),
    registered_at=NOW,
    checked_at=NOW + timedelta(microseconds=1),
    completed=(NOW, NOW + timedelta(hours=2)),
    confirm_asked_at=NOW + timedelta(seconds=1),
    forced=(NOW - timedelta(minutes=1), NOW),
    may_lift=True,
)
REGISTERED = AuditRecord(NOW, PERSON, AuditEvent.REGISTERED, 1, why="created")


async def stored(cabinets: Cabinets, holding: Holding = HELD) -> Holding:
    """The holding as it was stored."""
    answer = await cabinets.holdings.save(holding)
    assert isinstance(answer, Saved)
    return answer.holding


async def test_of_a_person_never_seen_nothing_is_held(cabinets: Cabinets) -> None:
    """EMPTY, version 0, and no trail."""
    assert Holding(PERSON) == await cabinets.holdings.load(PERSON)
    assert () == await cabinets.holdings.trail(PERSON)


async def test_a_holding_is_kept_whole(cabinets: Cabinets) -> None:
    """With every field, one version on."""
    expected = replace(HELD, version=1)

    assert Saved(expected) == await cabinets.holdings.save(HELD)
    assert expected == await cabinets.holdings.load(PERSON)


async def test_every_save_raises_the_version(cabinets: Cabinets) -> None:
    """And replaces everything, absent values included."""
    first = await stored(cabinets)
    emptied = Holding(PERSON, version=first.version)

    assert Saved(replace(emptied, version=2)) == await cabinets.holdings.save(emptied)
    assert Holding(PERSON, version=2) == await cabinets.holdings.load(PERSON)


@pytest.mark.parametrize("version", [0, 1, 3])
async def test_over_another_version_nothing_is_stored(cabinets: Cabinets, version: int) -> None:
    """Neither holding nor records; the caller learns what is there."""
    there = await stored(cabinets, await stored(cabinets))
    late = replace(HELD, version=version, state=State.REFUSED)

    assert Stale(there) == await cabinets.holdings.save(late, REGISTERED)
    assert there == await cabinets.holdings.load(PERSON)
    assert () == await cabinets.holdings.trail(PERSON)


async def test_a_version_that_never_was_is_stale(cabinets: Cabinets) -> None:
    """A holding can only begin at version 0."""
    assert Stale(Holding(PERSON)) == await cabinets.holdings.save(replace(HELD, version=4), REGISTERED)
    assert () == await cabinets.holdings.trail(PERSON)


@pytest.mark.parametrize("new", [True, False])
async def test_of_two_saves_from_one_version_one_is_stored(cabinets: Cabinets, *, new: bool) -> None:
    """Eight at once: one Saved with its records, seven Stale that see it."""
    start = HELD if new else await stored(cabinets)
    tries = [replace(start, tries=number) for number in range(8)]
    answers = await asyncio.gather(*(cabinets.holdings.save(one, REGISTERED) for one in tries))
    saved = [answer.holding for answer in answers if isinstance(answer, Saved)]

    assert 1 == len(saved)
    assert [Stale(saved[0])] * 7 == [answer for answer in answers if isinstance(answer, Stale)]
    assert (REGISTERED,) == await cabinets.holdings.trail(PERSON)


async def test_persons_are_kept_apart(cabinets: Cabinets) -> None:
    """Holdings, releases and trails."""
    other = PersonId("person-2")
    await stored(cabinets)
    await cabinets.holdings.save(replace(HELD, person=other), replace(REGISTERED, person=other))
    await cabinets.holdings.release(PERSON, "partner", NOW, None)

    assert None is await cabinets.holdings.released_at(other, "partner")
    assert (replace(REGISTERED, person=other),) == await cabinets.holdings.trail(other)


@pytest.mark.parametrize("practice", [None, PRACTICE])
async def test_held_details_are_released_with_their_record(cabinets: Cabinets, practice: OdsCode | None) -> None:
    """N4, N7: one transaction; the record names the partner and the version."""
    await stored(cabinets)

    assert DETAILS == await cabinets.holdings.release(PERSON, "partner", NOW, practice)
    assert NOW == await cabinets.holdings.released_at(PERSON, "partner")
    assert (AuditRecord(NOW, PERSON, AuditEvent.RELEASED, 1, "partner"),) == await cabinets.holdings.trail(PERSON)


async def test_the_last_release_counts(cabinets: Cabinets) -> None:
    """N16: by partner; every one is in the trail."""
    await stored(cabinets)
    for minutes in range(3):
        await cabinets.holdings.release(PERSON, "partner", NOW + timedelta(minutes=minutes), None)

    assert NOW + timedelta(minutes=2) == await cabinets.holdings.released_at(PERSON, "partner")
    assert None is await cabinets.holdings.released_at(PERSON, "other")
    assert 3 == len(await cabinets.holdings.trail(PERSON))


async def test_the_last_release_to_anybody_is_remembered(cabinets: Cabinets) -> None:
    """N18: who used it lately is followed in the background; nobody did before the first."""
    await stored(cabinets)
    before = await cabinets.holdings.last_released_at(PERSON)
    for number, client_id in enumerate(("one", "two", "one")):
        await cabinets.holdings.release(PERSON, client_id, NOW + timedelta(minutes=number), None)

    assert (None, NOW + timedelta(minutes=2)) == (before, await cabinets.holdings.last_released_at(PERSON))
    assert None is await cabinets.holdings.last_released_at(PersonId("person-2"))


@pytest.mark.parametrize("state", [state for state in State if state is not State.HELD])
async def test_only_held_details_are_released(cabinets: Cabinets, state: State) -> None:
    """N2, N7, N13: in every other state the answer is None, no release is counted, and the reason is written down."""
    there = await stored(cabinets, replace(HELD, state=state))

    assert None is await cabinets.holdings.release(PERSON, "partner", NOW, None)
    assert None is await cabinets.holdings.released_at(PERSON, "partner")
    withheld = AuditRecord(NOW, PERSON, AuditEvent.WITHHELD, there.version, "partner", state.value)
    assert (withheld,) == await cabinets.holdings.trail(PERSON)


async def test_details_of_another_practice_are_withheld(cabinets: Cabinets) -> None:
    """N4, N7: the same answer never names two practices; why is written down."""
    there = await stored(cabinets)

    assert None is await cabinets.holdings.release(PERSON, "partner", NOW, OdsCode("B99999"))
    assert None is await cabinets.holdings.released_at(PERSON, "partner")
    withheld = AuditRecord(NOW, PERSON, AuditEvent.WITHHELD, there.version, "partner", "another-practice")
    assert (withheld,) == await cabinets.holdings.trail(PERSON)


async def test_nothing_is_released_of_nobody(cabinets: Cabinets) -> None:
    """A person never seen, and one held without details."""
    await stored(cabinets, replace(HELD, person=PersonId("person-2"), details=None))

    assert None is await cabinets.holdings.release(PERSON, "partner", NOW, None)
    assert None is await cabinets.holdings.release(PersonId("person-2"), "partner", NOW, None)


async def test_a_release_races_a_withdrawal_without_a_mixture(cabinets: Cabinets) -> None:
    """N13: each release gives the details of the version it records, or nothing."""
    start = await stored(cabinets)
    withdrawal = cabinets.holdings.save(replace(start, state=State.WITHDRAWN, details=None, token=None))
    releases = [cabinets.holdings.release(PERSON, f"partner-{number}", NOW, None) for number in range(8)]
    given = [answer for answer in await asyncio.gather(*releases[:4], withdrawal, *releases[4:]) if answer == DETAILS]

    trail = await cabinets.holdings.trail(PERSON)
    assert 8 == len(trail)
    assert [1] * len(given) == [record.version for record in trail if record.event is AuditEvent.RELEASED]
    assert {2} >= {record.version for record in trail if record.event is AuditEvent.WITHHELD}


async def test_the_trail_keeps_its_order_and_every_field(cabinets: Cabinets) -> None:
    """N7: what was written is what is read."""
    records = tuple(AuditRecord(NOW, PERSON, event, 7, "partner", f"why-{event}") for event in AuditEvent)
    await cabinets.holdings.save(HELD, *records)

    assert records == await cabinets.holdings.trail(PERSON)


async def test_what_is_noted_stands_in_the_trail_and_changes_nothing_else(cabinets: Cabinets) -> None:
    """N7: a refusal for a reason of others, of somebody who is held or of whom nothing is known; versions stay."""
    before = await cabinets.holdings.load(PERSON)
    record = AuditRecord(NOW, PERSON, AuditEvent.WITHHELD, before.version, "partner", "not-entitled")

    await cabinets.holdings.note(record)

    assert (record,) == await cabinets.holdings.trail(PERSON)
    assert before == await cabinets.holdings.load(PERSON)
    assert None is await cabinets.holdings.released_at(PERSON, "partner")

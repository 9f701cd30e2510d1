"""MNS: events in their three forms, the queue, and what goes wrong (`demographics.md` §2.3, §2.4, §6)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gpic.demographics.mns.consumer import FeedSilent
from gpic.demographics.mns.feed import HttpFeed
from gpic.demographics.mns.reading import Kind, NotForUs, Signal, SignOfLife, Unreadable, read
from gpic.simulators.faults import Fault
from gpic.simulators.faults import Kind as FaultKind
from gpic.simulators.happenings import Lags
from tests.unit.simulators.mns_caller import CHANGE_OF_GP, DEATH, FHIR, JSON, NUMBER, RECORD, Caller
from tests.unit.simulators.town import NUMBERS, OTHER_EMIS_PRACTICE, TPP_PRACTICE, Town

pytestmark = pytest.mark.anyio


@pytest.fixture
async def caller(town: Town) -> AsyncIterator[Caller]:
    """With a token; Ada is registered somewhere."""
    town.settle("ada")
    one = Caller(town)
    await one.sign_in()
    yield one
    await one.client.aclose()


@pytest.mark.parametrize("payload", [JSON, FHIR])
@pytest.mark.parametrize("more", [False, True])
async def test_every_kind_of_event_is_told_in_both_forms(caller: Caller, payload: str, more: bool) -> None:  # noqa: FBT001 - a column
    """§2.3: version 2; unknown fields hurt nobody; the old number where the number changed."""
    caller.settings.more_fields = caller.settings.bundle_ids_differ = more
    for one in (CHANGE_OF_GP, DEATH, NUMBER, RECORD):
        await caller.subscribe(one, payload)
    world, ada = caller.town.world, caller.town.world.patient("ada")
    first = ada.number
    world.move_patient("ada", TPP_PRACTICE)
    world.die("ada")
    world.supersede_nhs_number("ada", NUMBERS[30])
    signals = [read(body) for body in await caller.received()]

    assert all(isinstance(one, Signal) for one in signals)
    assert {(kind, first) for kind in Kind} == {(one.kind, one.number) for one in signals if isinstance(one, Signal)}
    assert {2, 3, 4} == {one.version for one in signals if isinstance(one, Signal) and one.kind is Kind.RECORD_CHANGE}


async def test_a_cloud_event_has_the_fields_that_are_told(caller: Caller) -> None:
    """§2.3: no old practice, no new one, no demographics and no data."""
    await caller.subscribe()
    caller.town.world.move_patient("ada", TPP_PRACTICE)
    (body,) = await caller.received()
    event = json.loads(body)

    assert {"specversion", "id", "source", "type", "time", "subject", "dataref"} == set(event)
    number = caller.town.world.patient("ada").number.digits
    assert ("1.0", CHANGE_OF_GP, number) == (event["specversion"], event["type"], event["subject"])
    assert event["source"].startswith("https://fhir.nhs.uk/Id/nhsSpineASID/")
    assert event["dataref"].endswith(f"/personal-demographics/FHIR/R4/Patient/{number}")


async def test_a_bundle_has_its_parameters_in_order(caller: Caller) -> None:
    """§2.3: event-number is a constant."""
    await caller.subscribe(payload=FHIR)
    caller.town.world.move_patient("ada", TPP_PRACTICE)
    (body,) = await caller.received()
    bundle = json.loads(body)
    parameters = bundle["entry"][0]["resource"]["parameter"]

    assert ("Bundle", "history") == (bundle["resourceType"], bundle["type"])
    assert ["subscription", "status", "type", "notification-event", "additional-context"] == [one["name"] for one in parameters]
    assert {"name": "event-number", "valueString": "1"} == parameters[3]["part"][0]
    assert ["event-type", "source", "subject"] == [one["name"] for one in parameters[4]["part"]]


async def test_version_one_tells_a_registration_twice(caller: Caller) -> None:
    """§2.3, §6 MNS 3: blank, then coded; blank alone where practices merge."""
    await caller.subscribe("pds-change-of-gp-1")
    caller.town.world.move_patient("ada", OTHER_EMIS_PRACTICE)
    moved = [json.loads(body) for body in await caller.received()]
    caller.town.world.merge_practices(OTHER_EMIS_PRACTICE, TPP_PRACTICE)
    merged = [json.loads(body) for body in await caller.received()]

    assert ["", "3"] == [one["data"]["registrationEncounterCode"] for one in moved]
    assert [""] == [one["data"]["registrationEncounterCode"] for one in merged]
    assert all(isinstance(read(json.dumps(one).encode()), Signal) for one in (*moved, *merged))
    assert ("OKAFOR", "1984-02-17") == (moved[0]["subject"]["familyName"], moved[0]["subject"]["dob"])
    assert "specversion" not in moved[0]


@pytest.mark.parametrize(
    ("event_type", "field", "expected"),
    [
        ("pds-death-notification-1", "deathNotificationStatus", ["1", "2", "U"]),
        ("nhs-number-change-1", "nhsNumberStatus", ["R", "I"]),
    ],
)
async def test_version_one_tells_what_became_of_somebody(
    caller: Caller, event_type: str, field: str, expected: list[str]
) -> None:
    """§2.3: informal, formal, undone; replaced, invalidated."""
    await caller.subscribe(event_type)
    world = caller.town.world
    world.die("ada", formal=False)
    world.die("ada")
    world.undo_death("ada")
    world.supersede_nhs_number("ada", NUMBERS[31])
    world.invalidate_record("ada")

    assert expected == [json.loads(body)["data"][field] for body in await caller.received()]


async def test_events_are_filtered_where_filters_are_documented(caller: Caller) -> None:
    """§2.2: bare or in quotes."""
    world = caller.town.world
    caller.town.settle("ben")
    await caller.subscribe(
        f"{RECORD} AND nhsnumber='{world.patient('ben').number.digits}' AND registeredgpodscode={TPP_PRACTICE}"
    )
    for slug in ("ada", "ben"):
        world.move_patient(slug, TPP_PRACTICE)
    world.move_patient("ben", OTHER_EMIS_PRACTICE)

    assert 1 == len(await caller.received())


async def test_mns_hears_with_its_own_lag(caller: Caller) -> None:
    """§6 MNS 4: hours; and a delay of its own on top."""
    await caller.subscribe()
    caller.town.world.lags = Lags(mns=timedelta(hours=2))
    caller.settings.delay = timedelta(hours=1)
    caller.town.world.move_patient("ada", TPP_PRACTICE)
    seen = []
    for _ in range(4):
        seen.append(len(await caller.received()))
        caller.town.future.move(timedelta(hours=1))

    assert [0, 0, 0, 1] == seen


async def test_events_come_twice_backwards_or_not_at_all(caller: Caller) -> None:
    """§6 MNS 4: duplicates have the same id; lost ones never come."""
    caller.settings.copies, caller.settings.reverse = 2, True
    await caller.subscribe()
    caller.town.world.move_patient("ada", TPP_PRACTICE)
    caller.town.world.move_patient("ada", OTHER_EMIS_PRACTICE)
    ids = [json.loads(body)["id"] for body in await caller.received()]
    assert (4, ids[0], ids[2]) == (len(ids), ids[1], ids[3])

    caller.settings.drop_next = 1
    for practice in (TPP_PRACTICE, OTHER_EMIS_PRACTICE):
        caller.town.world.move_patient("ada", practice)
    assert 2 == len(await caller.received())
    caller.settings.queue_denies = True
    caller.town.world.move_patient("ada", TPP_PRACTICE)
    assert [] == await caller.received()
    caller.settings.queue_denies, caller.settings.drop_chance = False, 1.0
    caller.town.world.move_patient("ada", OTHER_EMIS_PRACTICE)
    assert ([], 3) == (await caller.received(), caller.mns.lost)


@pytest.mark.parametrize(("left_out", "expected"), [("subject", Unreadable), ("dataref", Signal)])
async def test_fields_may_be_missing(caller: Caller, left_out: str, expected: type) -> None:
    """§2.3: the publishers' schema wants few."""
    caller.settings.leave_out, caller.settings.whole_seconds = frozenset({left_out}), True
    await caller.subscribe()
    caller.town.world.move_patient("ada", TPP_PRACTICE)
    (body,) = await caller.received()

    assert isinstance(read(body), expected)
    assert left_out not in json.loads(body)
    assert json.loads(body)["time"].endswith("Z")


async def test_anything_may_be_in_the_queue(caller: Caller) -> None:
    """§6 MNS 4: an unknown type, no JSON."""
    await caller.subscribe()
    caller.mns.send(
        b'{"specversion":"1.0","id":"1","source":"x","type":"weather-1","time":"2026-01-01T00:00:00Z"}', "weather-1"
    )
    caller.mns.send(b"{")
    first, second = [read(body) for body in await caller.received()]

    assert isinstance(first, NotForUs)
    assert isinstance(second, Unreadable)


async def test_a_test_signal_comes_every_quarter_of_an_hour(caller: Caller) -> None:
    """§2.2: to whoever subscribed to it, on the wire clock."""
    caller.settings.test_signal_every = timedelta(minutes=15)
    await caller.subscribe("mns-test-signal-1")
    seen = []
    for _ in range(4):
        seen.append([type(read(body)) for body in await caller.received()])
        caller.town.wire.move(timedelta(minutes=10))

    assert [[SignOfLife], [], [SignOfLife], []] == seen


async def test_what_is_not_taken_off_comes_again_until_it_is_dead(caller: Caller) -> None:
    """§2.4, §6 MNS 2: visibility timeout, receive count, dead letters; an old receipt takes nothing off."""
    await caller.subscribe()
    caller.town.world.move_patient("ada", TPP_PRACTICE)
    (first,) = await caller.feed.receive()
    hidden = await caller.feed.receive()
    caller.town.wire.move(timedelta(seconds=30))
    (again,) = await caller.feed.receive()

    assert () == hidden
    assert first.body == again.body
    with pytest.raises(FeedSilent, match="delete-failed"):
        await caller.feed.take_off(first)
    for _ in range(3):
        caller.town.wire.move(timedelta(seconds=30))
        await caller.feed.receive()
    assert ([], 1, 0) == (await caller.received(), len(caller.mns.queue("gpic").dead), caller.mns.due())


async def test_what_is_refused_is_dead_at_once(caller: Caller) -> None:
    """A person shall look at it."""
    await caller.subscribe()
    caller.mns.send(b"{")
    await caller.feed.refuse(*await caller.feed.receive())

    assert (1, 0) == (len(caller.mns.queue("gpic").dead), caller.mns.due())


async def test_a_receiver_may_wait_for_the_first_message(caller: Caller) -> None:
    """As SQS's long poll."""
    await caller.subscribe()
    waiting = HttpFeed(caller.client, "gpic", wait=0.2)
    assert () == await waiting.receive()
    caller.town.world.move_patient("ada", TPP_PRACTICE)
    assert 1 == len(await HttpFeed(caller.client, "gpic", wait=5).receive())


async def test_the_journal_tells_what_was_delivered_and_no_number(caller: Caller) -> None:
    """A line for each message; none for a look into an empty queue."""
    await caller.subscribe()
    await caller.received()
    caller.town.world.move_patient("ada", TPP_PRACTICE)
    await caller.received()
    lines = [(one.sender, one.receiver, one.operation, one.person) for one in caller.town.journal.list()]

    assert [
        ("NHS login", "MNS", "POST oauth2/token", ""),
        ("NHS login", "MNS", "POST subscriptions", ""),
        ("MNS", "NHS login", f"event {CHANGE_OF_GP}", "ada"),
    ] == lines


async def test_a_feed_that_fails_is_silent(caller: Caller) -> None:
    """Whatever it answers instead."""
    with pytest.raises(FeedSilent, match="status-404"):
        await HttpFeed(caller.client, "gpic/extra", wait=0).receive()
    caller.town.faults.set(Fault(FaultKind.STATUS, "MNS", status=503))
    assert 503 == (await caller.ask("GET")).status_code

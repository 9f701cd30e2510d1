"""Following MNS: who is looked at, who is dropped, and what is taken off the feed (N18, N22)."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Task, TaskKind
from gpic.demographics.mns.consumer import Consumer, Delivered, FeedSilent
from gpic.jobs.memory import MemoryQueue
from gpic.jobs.queue import Claimed
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.numbers import NhsNumber

pytestmark = pytest.mark.anyio

NOON = datetime(2031, 4, 2, 12, tzinfo=UTC)
OURS, FOREIGN = NhsNumber("9990001111"), NhsNumber("9990001138")
ALICE = PersonId("alice")


def event(number: NhsNumber | None = OURS, kind: str = "pds-change-of-gp-2", at: str = "2031-04-02T12:00:00Z") -> bytes:
    """A message."""
    subject = {"subject": number.digits} if number else {}
    return json.dumps({"specversion": "1.0", "id": "e1", "type": kind, "time": at} | subject).encode()


@dataclass
class ListFeed:
    """A feed with these messages; what is neither taken off nor refused comes again."""

    bodies: list[bytes]
    silences: list[str] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)

    async def receive(self) -> tuple[Delivered, ...]:
        """All that is left."""
        await asyncio.sleep(0)
        if self.silences:
            raise FeedSilent(self.silences.pop(0))
        return tuple(Delivered(body, str(number)) for number, body in enumerate(self.bodies))

    async def take_off(self, *messages: Delivered) -> None:
        """Remember and remove."""
        self.taken += [message.body for message in messages]
        self.bodies = [body for body in self.bodies if body not in self.taken]

    async def refuse(self, *messages: Delivered) -> None:
        """Remember and remove."""
        self.refused += [message.body for message in messages]
        self.bodies = [body for body in self.bodies if body not in self.refused]


class World:
    """A consumer of one feed, where only Alice is ours."""

    def __init__(self, *bodies: bytes, silences: tuple[str, ...] = ()) -> None:
        self.feed = ListFeed(list(bodies), list(silences))
        self.queue = MemoryQueue()
        clocks = Clocks(wire=MovableClock(NOON + timedelta(days=1)), world=MovableClock(NOON))
        self.consumer = Consumer(self.feed, self.person_of, self.queue, clocks, pause=timedelta(milliseconds=1))

    async def person_of(self, number: NhsNumber) -> PersonId | None:
        """Whose number this is."""
        return ALICE if number == OURS else None

    async def claims(self) -> list[Task]:
        """Everything that waits in the queue and is due."""
        found: list[Task] = []
        while claimed := await self.queue.claim(NOON, timedelta(minutes=1)):
            found.append(claimed.task)
            await self._done(claimed)
        return found

    async def _done(self, claimed: Claimed) -> None:
        await self.queue.finish(claimed)


async def test_somebody_of_ours_is_looked_at() -> None:
    """N18: a look is left in the queue, and the message is taken off."""
    world = World(event())

    assert 1 == await world.consumer.consume_some()
    assert [Task(TaskKind.FOLLOW, ALICE)] == await world.claims()
    assert ([event()], []) == (world.feed.taken, world.feed.refused)


@pytest.mark.parametrize("kind", ["pds-death-notification-2", "nhs-number-change-2", "pds-record-change-2"])
async def test_every_kind_of_change_is_looked_at(kind: str) -> None:
    """N22: PDS tells what it was."""
    world = World(event(kind=kind))
    await world.consumer.consume_some()

    assert [Task(TaskKind.FOLLOW, ALICE)] == await world.claims()


async def test_foreign_patients_cost_nothing() -> None:
    """§6: no filter keeps them away; they are dropped before PDS is asked."""
    world = World(event(FOREIGN))
    await world.consumer.consume_some()

    assert [] == await world.claims()
    assert (1, 0) == (world.consumer.counted.foreign, world.consumer.counted.ours)
    assert [event(FOREIGN)] == world.feed.taken


async def test_duplicates_and_disorder_leave_one_look() -> None:
    """§2.4: an event says "go and look", whatever it was and whenever it comes."""
    world = World(event(), event(at="2031-04-01T12:00:00Z"), event(), event(kind="pds-death-notification-2"))
    await world.consumer.consume_some()

    assert [Task(TaskKind.FOLLOW, ALICE)] == await world.claims()


async def test_the_test_signal_is_a_heartbeat() -> None:
    """§2.2: on the wire clock, as it came, whatever it says of itself."""
    world = World(event(None, "mns-test-signal-1"))
    await world.consumer.consume_some()

    assert NOON + timedelta(days=1) == world.consumer.counted.sign_of_life_at
    assert [] == await world.claims()


async def test_what_nobody_can_read_is_refused_and_the_rest_goes_on() -> None:
    """One poisonous message stops nobody."""
    world = World(b"{", event(), event(None, "proxy-role-created-1"))
    await world.consumer.consume_some()

    assert [b"{"] == world.feed.refused
    assert [event(), event(None, "proxy-role-created-1")] == world.feed.taken
    assert (1, 1, 1) == (world.consumer.counted.unreadable, world.consumer.counted.ours, world.consumer.counted.not_for_us)


async def test_a_message_stays_until_its_look_is_in_the_queue() -> None:
    """A queue that fails loses nothing: the message comes again."""

    class Full(MemoryQueue):
        async def enqueue(self, task: Task, due: datetime) -> None:
            """The disk is full."""
            raise OSError(task.kind, due)

    world = World(event())
    broken = Consumer(world.feed, world.person_of, Full(), world.consumer.clocks)

    with pytest.raises(OSError, match="follow"):
        await broken.consume_some()
    assert [] == world.feed.taken


async def test_a_silent_feed_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    """Until somebody says stop."""
    world, stop = World(event(), silences=("timeout", "refused")), asyncio.Event()
    running = asyncio.create_task(world.consumer.run(stop))
    async with asyncio.timeout(5):
        while not world.feed.taken:  # noqa: ASYNC110 - the feed rings no bell
            await asyncio.sleep(0.001)
    stop.set()
    await running

    assert [Task(TaskKind.FOLLOW, ALICE)] == await world.claims()
    assert 2 == sum(record.levelno == logging.WARNING for record in caplog.records)


async def test_nobody_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Neither ours nor others, at any level."""
    caplog.set_level(logging.DEBUG)
    world = World(event(), event(FOREIGN), b'{"specversion": "1.0", "subject": "' + OURS.digits.encode())
    await world.consumer.consume_some()

    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert OURS.digits not in logged
    assert FOREIGN.digits not in logged
    assert OURS.digits not in repr(Delivered(event(), "receipt"))

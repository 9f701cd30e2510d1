"""Follows MNS: whoever is ours is looked at on PDS, everybody else is dropped before anybody is asked (N18, N22).

Duplicates, disorder and loss do no harm: a signal only says "go and look", at most one look of a person waits, and the
periodic look finds what no signal told.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Jobs, Task, TaskKind
from gpic.demographics.mns.reading import NotForUs, Signal, SignOfLife, Unreadable, read
from gpic.nhs.clock import Clocks
from gpic.nhs.numbers import NhsNumber

LOG: Final = logging.getLogger("gpic.mns")


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message as it came. *receipt* is the feed's own, by which it is taken off."""

    body: bytes
    receipt: str

    def __repr__(self) -> str:
        return "Delivered(•••)"


class Feed(Protocol):
    """Where MNS delivers to. What is not taken off comes again."""

    async def receive(self) -> tuple[Delivered, ...]:
        """The next few messages, waiting a while for the first; raises FeedSilent when the feed does not answer."""
        ...

    async def take_off(self, *messages: Delivered) -> None:
        """These are done with; raises FeedSilent."""
        ...

    async def refuse(self, *messages: Delivered) -> None:
        """Nobody can read these: set them aside for a person to see; raises FeedSilent."""
        ...


class FeedSilent(Exception):
    """The feed did not answer; *detail* is a stable code."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(slots=True)
class Counted:
    """What came, since this process started; *sign_of_life_at* is of the wire clock."""

    ours: int = 0
    foreign: int = 0
    not_for_us: int = 0
    unreadable: int = 0
    sign_of_life_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consumer:
    """One feed's consumer; any number may run. *person_of* is a local look by keyed hash, so foreign patients cost nothing."""

    feed: Feed
    person_of: Callable[[NhsNumber], Awaitable[PersonId | None]]
    jobs: Jobs
    clocks: Clocks
    pause: timedelta = timedelta(seconds=5)  #: after a feed that did not answer
    counted: Counted = field(default_factory=Counted)

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until *stop* is set; what is under way is finished."""
        while not stop.is_set():
            try:
                await self.consume_some()
            except FeedSilent as silence:
                LOG.warning("the MNS feed does not answer: %s", silence.detail)
                await _stop_or(stop, self.pause)

    async def consume_some(self) -> int:
        """Receive once; how many messages were taken off. A message is taken off only when its look is in the queue."""
        done: list[Delivered] = []
        broken: list[Delivered] = []
        for message in await self.feed.receive():
            meaning = read(message.body)
            await self._note(meaning)
            (broken if isinstance(meaning, Unreadable) else done).append(message)
        if done:
            await self.feed.take_off(*done)
        if broken:
            await self.feed.refuse(*broken)
        return len(done)

    async def _note(self, meaning: Signal | SignOfLife | NotForUs | Unreadable) -> None:
        match meaning:
            case Signal():
                await self._look_at(meaning)
            case SignOfLife():
                self.counted.sign_of_life_at = self.clocks.wire.now()
            case NotForUs(type_):
                self.counted.not_for_us += 1
                LOG.info("an event of a type that is not for us: %s", type_)
            case Unreadable(why):
                self.counted.unreadable += 1
                LOG.error("an event that nobody can read: %s", why)

    async def _look_at(self, signal: Signal) -> None:
        person = await self.person_of(signal.number)
        if person is None:
            self.counted.foreign += 1
            return
        self.counted.ours += 1
        await self.jobs.enqueue(Task(TaskKind.FOLLOW, person), self.clocks.world.now())
        LOG.info("PDS signalled a change", extra={"kind": signal.kind.value, "event_id": signal.id[:64]})


async def _stop_or(stop: asyncio.Event, span: timedelta) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(span.total_seconds()):
            await stop.wait()

"""Server-sent events: everything that changes in a sandbox, as it changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from gpic.sandbox.act import Stage
from gpic.sandbox.control.shapes import Told
from gpic.sandbox.control.told import happening_told, message_told
from gpic.sandbox.control.who import WhosWho
from gpic.sandbox.diagram.watching import Watching
from gpic.simulators.happenings import Happening
from gpic.simulators.journal import Message

#: Somebody who reads too slowly, or was away too long, is told to begin anew.
MOST_KEPT: Final = 2_000
#: Seconds after which a comment shows that the line is alive.
HEARTBEAT: Final = 15.0
BEGUN: Final = "begun"


class Stream:
    """Tells everybody who listens, in one order, with numbers that never go back."""

    def __init__(self) -> None:
        self._kept: deque[Told] = deque(maxlen=MOST_KEPT)
        self._last = 0
        self._listening: set[asyncio.Queue[Told | None]] = set()
        self._letters: tuple[int, int] = (0, 0)
        self._is_closed = False

    def begin(self, stage: Stage, watching: Watching, who: WhosWho) -> None:
        """Another act: hear of everything in it."""
        self._letters = written(stage)
        self.tell(BEGUN)
        sizes: dict[int, int] = {}  #: of logins, by number

        def message(one: Message) -> None:
            login = watching.note(one)
            self.tell("message", message=message_told(watching, one))
            if login is not None and len(login.messages) - sizes.get(login.number, 0) > 1:
                self.tell("login", login.id)
            if login is not None:
                sizes[login.number] = len(login.messages)
            if written(stage) != self._letters:
                self._letters = written(stage)
                self.tell("outbox")
            if one.person:
                self.tell("person", one.person)

        def happening(one: Happening) -> None:
            self.tell("happening", one.person or one.practice, happening=happening_told(one))

        stage.journal.subscribe(message)
        stage.world.subscribe(happening)
        stage.nhs_login.holdings.listeners.append(lambda person: self._person(who.by_person.get(person, "")))
        stage.sample.announced.listeners.append(lambda sub: self._person(who.by_subject.get(sub, "")))

    def tell(self, kind: str, about: str = "", **what: object) -> None:
        """One more event. What cannot be delivered in time is replaced by the word to begin anew."""
        self._last += 1
        told = msgspec.structs.replace(Told(number=self._last, kind=kind, about=about), **what)
        self._kept.append(told)
        for line in self._listening:
            if line.qsize() < MOST_KEPT:
                line.put_nowait(told)

    def close(self) -> None:
        """Hang up on everybody: the servers would wait for them."""
        self._is_closed = True
        for line in self._listening:
            line.put_nowait(None)

    async def events(self, after: int | None) -> AsyncIterator[bytes]:
        """Events as they come; from those after a number, where somebody was here before. Ends when the sandbox does."""
        line: asyncio.Queue[Told | None] = asyncio.Queue()
        for missed in self._missed(after):
            line.put_nowait(missed)
        self._listening.add(line)
        try:
            yield b": the sandbox is here\n\n"
            while not self._is_closed or line.qsize():
                told = await self._next(line)
                if told is None:
                    yield b": still here\n\n"
                    continue
                yield event(told)
                if line.qsize() >= MOST_KEPT:
                    self._begin_anew(line)
        finally:
            self._listening.discard(line)

    async def _next(self, line: asyncio.Queue[Told | None]) -> Told | None:
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(line.get(), HEARTBEAT)
        return None

    def _missed(self, after: int | None) -> list[Told]:
        if after is None or after == self._last:
            return []
        kept = [told for told in self._kept if told.number > after]
        is_whole = after < self._last and len(kept) == self._last - after
        return kept if is_whole else [Told(number=self._last, kind=BEGUN)]

    def _begin_anew(self, line: asyncio.Queue[Told | None]) -> None:
        while line.qsize():
            line.get_nowait()
        line.put_nowait(Told(number=self._last, kind=BEGUN))

    def _person(self, slug: str) -> None:
        if slug:
            self.tell("person", slug)


def written(stage: Stage) -> tuple[int, int]:
    """Tells whether anybody has written to people since: GP systems, or NHS login."""
    return len(stage.world.outbox), stage.nhs_login.post.delivered


def event(told: Told) -> bytes:
    """In the format of `text/event-stream`."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (told.number, told.kind.encode(), msgspec.json.encode(told))

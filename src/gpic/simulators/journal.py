"""What was said between the roles: one message per call, without secrets and without NHS numbers.

What went over the wire with it is kept beside the latest messages, whole, for whoever may see it; see `exchanges`.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from gpic.nhs.clock import Clocks
from gpic.simulators.exchanges import Exchange, current

MOST_MESSAGES: Final = 100_000
MOST_EXCHANGES: Final = 2_000
FIRST_FAILURE: Final = 400  #: statuses from here on are not ok
CRASHED: Final = 500


@dataclass(frozen=True, slots=True)
class Told:
    """One call as a stand-in tells it. *operation* is templated: neither a key nor a number is ever part of it."""

    sender: str
    receiver: str  #: the lane: "EMIS", "TPP", "PDS", "NHS login", "Partner"
    operation: str
    outcome: str  #: a status, "timeout" or "reset"
    ok: bool
    person: str = ""  #: slug
    note: str = ""  #: an error's code, a fault


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the journal. The stamps are those of arrival; numbers are given in the order of answers, from 1."""

    number: int
    at_wire: datetime
    at_world: datetime
    sender: str
    receiver: str
    operation: str
    outcome: str
    ok: bool
    milliseconds: float
    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a call came in, on both clocks and on a stop-watch."""

    at_wire: datetime
    at_world: datetime
    started: float


class Journal:
    """All messages of one sandbox, in memory; the oldest go when there are more than *most*."""

    def __init__(self, clocks: Clocks, *, most: int = MOST_MESSAGES) -> None:
        self._clocks = clocks
        self._messages: deque[Message] = deque(maxlen=most)
        self._exchanges: OrderedDict[int, Exchange] = OrderedDict()
        self._listeners: list[Callable[[Message], None]] = []
        self._last = 0

    def arrive(self) -> Arrival:
        """Stamp a call that comes in now."""
        return Arrival(self._clocks.wire.now(), self._clocks.world.now(), time.perf_counter())

    def append(self, arrival: Arrival, told: Told) -> Message:
        """Write down a call that has been answered, and tell whoever subscribed."""
        self._last += 1
        message = Message(
            self._last,
            arrival.at_wire,
            arrival.at_world,
            told.sender,
            told.receiver,
            told.operation,
            told.outcome,
            told.ok,
            (time.perf_counter() - arrival.started) * 1000,
            told.person,
            told.note,
        )
        self._messages.append(message)
        self._keep(message.number)
        for listener in tuple(self._listeners):
            listener(message)
        return message

    def exchange(self, number: int) -> Exchange | None:
        """What went over the wire with this message; None where that is no longer kept, or nothing went over a wire."""
        return self._exchanges.get(number)

    def list(self, *, after: int = 0) -> tuple[Message, ...]:
        """The messages kept, in order; only those with a number above *after*."""
        return tuple(message for message in self._messages if message.number > after)

    def calls(
        self, lane: str, *, operation: str = "", sender: str = "", person: str = "", ok: bool | None = None
    ) -> tuple[Message, ...]:
        """The messages to *lane*, narrowed by whatever is given."""
        wanted = {"operation": operation, "sender": sender, "person": person}
        return tuple(
            message
            for message in self._messages
            if message.receiver == lane
            and all(not value or getattr(message, name) == value for name, value in wanted.items())
            and (ok is None or message.ok is ok)
        )

    def subscribe(self, listener: Callable[[Message], None]) -> Callable[[], None]:
        """Call *listener* with every message from now on; returns how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def clear(self) -> None:
        """Forget all messages; numbers go on."""
        self._messages.clear()
        self._exchanges.clear()

    def _keep(self, number: int) -> None:
        if (exchange := current()) is not None:
            self._exchanges[number] = exchange
            while len(self._exchanges) > MOST_EXCHANGES:
                self._exchanges.popitem(last=False)


#: Who calls and what, from an HTTP scope; None where a request is not worth a line.
Describe = Callable[[Scope], tuple[str, str] | None]


class Watched:
    """An ASGI application whose HTTP requests the journal records. Bodies pass through untouched and unread."""

    def __init__(self, app: ASGIApp, journal: Journal, lane: str, describe: Describe) -> None:
        self._app = app
        self._journal = journal
        self._lane = lane
        self._describe = describe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and write it down."""
        described = self._describe(scope) if scope["type"] == "http" else None
        if described is None:
            await self._app(scope, receive, send)
            return
        sender, operation = described
        arrival = self._journal.arrive()
        status = CRASHED

        async def noting(message: AsgiMessage) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            told = Told(sender, self._lane, operation, str(status), ok=status < FIRST_FAILURE)
            self._journal.append(arrival, told)

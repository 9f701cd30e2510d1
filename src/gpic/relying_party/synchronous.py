"""The kit for services that wait: the same party on an event loop in a thread of its own."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Protocol, TypeVar

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal

from gpic.relying_party.callback import Pairs
from gpic.relying_party.login import Start
from gpic.relying_party.outcomes import Connected, Outcome
from gpic.relying_party.party import RelyingParty
from gpic.relying_party.policy import RelyingPartySettings
from gpic.relying_party.practice_line import Content, Own, Params, PracticeLine

T = TypeVar("T")


class Ready(Protocol):
    """A party, and what is closed with it, such as `wiring.partner_file.ReadyPartner`."""

    @property
    def party(self) -> RelyingParty:
        """It."""
        ...

    async def close(self) -> None:
        """Finish what is under way, and close every connection."""
        ...


class SynchronousParty:
    """A `RelyingParty` whose methods block. *make* makes the party, once in each process, so that servers may fork.

    Any number of threads may use it at once.
    """

    def __init__(self, settings: RelyingPartySettings, make: Callable[[], RelyingParty | Ready]) -> None:
        self.settings = settings
        self._make = make
        self._lock = threading.Lock()
        self._process = 0
        self._ends = contextlib.ExitStack()
        self._of_parents: list[contextlib.ExitStack] = []
        self._portal: BlockingPortal
        self._made: RelyingParty | Ready

    def start(self, browser: str, *, prompt: str = "", asserted_identity: str = "") -> Start:
        """As `RelyingParty.start`; raises DiscoveryRefused, ProviderSilent."""
        return self._ask(lambda party: party.start(browser, prompt=prompt, asserted_identity=asserted_identity))

    def finish(self, browser: str, callback: str | Pairs) -> Outcome:
        """As `RelyingParty.finish`."""
        return self._ask(lambda party: party.finish(browser, callback))

    def assert_identity(self, connected: Connected) -> str:
        """As `RelyingParty.assert_identity`."""
        return self._there().assert_identity(connected)

    def practice_line(self, connected: Connected) -> SynchronousLine:
        """As `RelyingParty.practice_line`."""
        line = self._ask(partial(_line, connected))
        return SynchronousLine(line, self._portal)

    def end(self, connected: Connected) -> None:
        """As `RelyingParty.end`."""
        self._ask(lambda party: party.end(connected))

    def forget(self, sub: str) -> None:
        """As `RelyingParty.forget`."""
        self._ask(lambda party: party.forget(sub))

    def close(self) -> None:
        """Let what is under way finish, and end the loop. Using it again begins anew."""
        with self._lock:
            if self._process == os.getpid():
                self._portal.call(self._made.close)
                self._ends.close()
            self._process = 0

    def _ask(self, question: Callable[[RelyingParty], Awaitable[T]]) -> T:
        party = self._there()
        return self._portal.call(question, party)

    def _there(self) -> RelyingParty:
        """The party of this process; a loop that a parent left in a fork is dead, and is left alone."""
        with self._lock:
            if self._process != os.getpid():
                # What is dropped would be closed, and wait for a thread that this process does not have.
                self._of_parents.append(self._ends)
                self._ends = contextlib.ExitStack()
                self._portal = self._ends.enter_context(start_blocking_portal())
                self._made = self._portal.call(self._make)
                self._process = os.getpid()
            return self._made if isinstance(self._made, RelyingParty) else self._made.party


class SynchronousLine:
    """A `PracticeLine` whose methods block."""

    def __init__(self, line: PracticeLine, portal: BlockingPortal) -> None:
        self._line = line
        self._portal = portal

    @property
    def connected(self) -> Connected:
        """As `PracticeLine.connected`."""
        return self._line.connected

    @property
    def own(self) -> Own:
        """As `PracticeLine.own`."""
        return self._line.own

    def request(
        self,
        method: str,
        path: str = "",
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
    ) -> httpx2.Response:
        """As `PracticeLine.request`."""
        asked = partial(self._line.request, method, path, params=params, headers=headers, content=content)
        return self._portal.call(asked)

    def get(self, path: str = "", *, params: Params | None = None) -> httpx2.Response:
        """GET."""
        return self.request("GET", path, params=params)

    def post(self, path: str = "", *, content: Content, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        """POST."""
        return self.request("POST", path, content=content, headers=headers)

    def keep_alive(self) -> bool:
        """As `PracticeLine.keep_alive`."""
        return self._portal.call(self._line.keep_alive)


async def _line(connected: Connected, party: RelyingParty) -> PracticeLine:
    """Made on the loop that it is used on."""
    return party.practice_line(connected)

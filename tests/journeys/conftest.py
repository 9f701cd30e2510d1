"""A whole sandbox for every journey, and a person with a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from httpx2 import AsyncClient

from gpic.credentials.lifecycle import State
from gpic.sandbox.browser import Browser, Hint, Page, at_once, browser
from gpic.sandbox.control.app import Control, control
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script, Stage, stage
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.sandbox.tally import tally
from gpic.sandbox.theatre import Theatre, theatre
from gpic.sandbox.walk import log_in


@pytest.fixture(scope="session")
def keys() -> SandboxKeys:
    """RSA keys take a while to make; one set serves all journeys."""
    return SandboxKeys()


@dataclass(slots=True)
class Story:
    """One sandbox and who acts in it."""

    stage: Stage
    person: Browser
    _seen: int = field(default=0)

    async def log_in(self, slug: str, *, once: Callable[[], Awaitable[object]] | None = None) -> Page:
        """The whole way from the partner's button, and everything that it leaves to do in the background.

        The first way back to the partner waits for *once*, so that a test does not hang on who is quicker.
        """
        if once is not None:
            self.person.before = partial(self._wait_on_the_way_back, once)
        page = await log_in(self.person, self.stage.addresses.partner, self.stage.people[slug])
        self.person.before = at_once
        await self.stage.settled()
        return page

    async def _wait_on_the_way_back(self, once: Callable[[], Awaitable[object]], url: str) -> None:
        if url.startswith(f"{self.stage.addresses.partner}/callback"):
            self.person.before = at_once
            await once()

    async def withheld(self, slug: str) -> None:
        """Until NHS login gives this person's details to nobody."""
        holdings, who = self.stage.nhs_login.cabinets.holdings, self.stage.accounts[slug].person
        async with asyncio.timeout(20):
            while (await holdings.load(who)).state is State.HELD:  # noqa: ASYNC110 - the cabinet rings no bell
                await asyncio.sleep(0.01)

    async def leave(self) -> None:
        """Log out of the partner, so that the next login goes through NHS login again."""
        page = await self.person.open(self.stage.addresses.partner)
        await self.person.follow(page, "log-out")

    def calls(self, lane: str) -> dict[str, dict[str, int]]:
        """What a GP system saw of each application since the last look."""
        messages = self.stage.journal.list(after=self._seen)
        return {role: tally(messages, role, lane) for role in (NHS_LOGIN, PARTNER)}

    def refused(self, lane: str) -> dict[str, dict[str, int]]:
        """As `calls`, only what the system refused."""
        messages = [message for message in self.stage.journal.list(after=self._seen) if not message.ok]
        return {role: tally(messages, role, lane) for role in (NHS_LOGIN, PARTNER)}

    def logins(self) -> int:
        """How many logins came back to the partner since the last look: returns are logins too."""
        return sum(one.operation == "POST /token" and one.ok for one in self.stage.journal.list(after=self._seen))

    def sign_ins(self) -> int:
        """How many of NHS login's pages were answered since the last look."""
        return sum(one.operation == "POST /interaction/…" for one in self.stage.journal.list(after=self._seen))

    @property
    def seen(self) -> int:
        """The last message before which nothing is counted."""
        return self._seen

    def look_away(self) -> None:
        """Count anew from here."""
        self._seen = max((message.number for message in self.stage.journal.list()), default=0)


Begin = Callable[[Script], Awaitable[Story]]


@pytest.fixture
async def begin(anyio_backend: str) -> AsyncIterator[Begin]:
    """Starts a story; everything that was started ends with the test."""
    from contextlib import AsyncExitStack

    async with AsyncExitStack() as stack:

        async def started(script: Script) -> Story:
            everything = await stack.enter_async_context(stage(script=script))
            return Story(everything, await stack.enter_async_context(browser()))

        yield started


@pytest.fixture
async def story(begin: Begin, keys: SandboxKeys) -> Story:
    """The usual cast, the usual settings."""
    return await begin(Script(keys=keys))


Json = Any  #: a test knows what it asked for


@dataclass(frozen=True, slots=True)
class Controlled:
    """A sandbox that is controlled over HTTP, as a console or a script does."""

    theatre: Theatre
    control: Control
    http: AsyncClient

    @property
    def stage(self) -> Stage:
        """The act that is on, for looking behind."""
        return self.theatre.stage

    async def get(self, path: str, **query: str | int | bool) -> Json:
        """What a GET answers, which must be well."""
        return await self.ask("GET", path, 200, params=query)

    async def post(self, path: str, body: object = None) -> Json:
        """What a POST answers, which must be well."""
        return await self.ask("POST", path, None, json={} if body is None else body)

    async def put(self, path: str, body: object = None) -> Json:
        """What a PUT answers, which must be well."""
        return await self.ask("PUT", path, None, json={} if body is None else body)

    async def ask(self, method: str, path: str, status: int | None = None, **how: Json) -> Json:
        """What is answered, with this status or any good one."""
        answer = await self.http.request(method, f"/api{path}", **how)
        assert answer.is_success if status is None else status == answer.status_code, answer.text
        is_json = "json" in answer.headers.get("content-type", "")
        return answer.json() if is_json else answer.text

    async def log_in(self, slug: str) -> Page:
        """Somebody's whole login at the sample partner, and what it leaves to do."""
        addresses = self.stage.addresses
        async with browser(self.stage.ways, Hint(addresses.provider, slug)) as person:
            page = await log_in(person, addresses.partner, self.stage.people[slug])
        await self.stage.settled()
        return page


@pytest.fixture(scope="module")
async def running_control(anyio_backend: str, keys: SandboxKeys) -> AsyncIterator[Controlled]:
    """One sandbox for a module's tests; see `controlled`."""
    script = Script(keys=keys, scripted_sign_in=True, control=True)
    async with theatre(script=script) as played, control(played, "a-token") as opened:
        headers = {"Authorization": "Bearer a-token"}
        async with AsyncClient(base_url=opened.address, headers=headers, trust_env=False, timeout=30) as http:
            yield Controlled(played, opened, http)


@pytest.fixture
async def controlled(running_control: Controlled) -> Controlled:
    """A sandbox as at its start, and a client that has its token."""
    await running_control.theatre.reset()
    return running_control

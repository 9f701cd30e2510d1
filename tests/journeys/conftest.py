"""A whole sandbox for every journey, and a person with a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from gpic.sandbox.browser import Browser, Page, browser
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script, Stage, stage
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.sandbox.tally import tally
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

    async def log_in(self, slug: str) -> Page:
        """The whole way from the partner's button, and everything that it leaves to do in the background."""
        page = await log_in(self.person, self.stage.addresses.partner, self.stage.people[slug])
        await self.stage.settled()
        return page

    async def leave(self) -> None:
        """Log out of the partner, so that the next login goes through NHS login again."""
        page = await self.person.open(self.stage.addresses.partner)
        await self.person.follow(page, "log-out")

    def calls(self, lane: str) -> dict[str, dict[str, int]]:
        """What a GP system saw of each application since the last look."""
        messages = self.stage.journal.list(after=self._seen)
        return {role: tally(messages, role, lane) for role in (NHS_LOGIN, PARTNER)}

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

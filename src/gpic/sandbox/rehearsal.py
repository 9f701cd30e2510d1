"""A sandbox for tests: it runs in a thread of its own, so that tests of any kind can use it without awaiting anything."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Final, TypeVar

import msgspec
from starlette.types import ASGIApp

from gpic.sandbox.browser import Browser, Hint, Page, browser
from gpic.sandbox.control import conversation, events, knobs, people, places, running, shapes
from gpic.sandbox.control.app import Control, control
from gpic.sandbox.control.asked import Asked
from gpic.sandbox.control.desk import Desk
from gpic.sandbox.diagram.text import drawn
from gpic.sandbox.reach import Ways
from gpic.sandbox.script import Script
from gpic.sandbox.servers import listen, serving
from gpic.sandbox.tally import tally
from gpic.sandbox.theatre import Theatre, theatre
from gpic.sandbox.walk import answer_pages
from gpic.simulators.journal import Message
from gpic.simulators.mns.events import TEST_SIGNAL

T = TypeVar("T")

#: Opens a browser: by which ways it goes, and who is named to NHS login.
Opening = Callable[[Ways | None, Hint | None], AbstractAsyncContextManager[Browser]]

#: Seconds that anything may take: a test that hangs should say where.
PATIENCE: Final = 60.0
#: Where Linux keeps files in memory: databases of a test need not survive the machine.
IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the folder that we make in it is its owner's alone


def in_memory() -> Path | None:
    """A folder whose files never reach a disk; None where the machine has none."""
    return IN_MEMORY if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK) else None


#: What MNS sends whether or not anything happens.
SIGN_OF_LIFE: Final = f"event {TEST_SIGNAL}"


class Rehearsals:
    """The sandbox of a test session. Its addresses stay; each `begin` is another world."""

    def __init__(self, script: Script, port: int = 0) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gpic sandbox", daemon=True)
        self._thread.start()
        self._stack = AsyncExitStack()
        self._used = False
        self.theatre, self.control = self.run(self._open(script, port))

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where each role is: partner, provider, emis, tpp, medicus, pds, mns, ods, control."""
        told = self.theatre.ground.addresses
        return {name: getattr(told, name) for name in self.theatre.ground.script.roles}

    @property
    def issuer(self) -> str:
        """NHS login's, for your service."""
        return self.theatre.ground.addresses.provider

    @property
    def desk(self) -> Desk:
        """What the control API works with."""
        return self.control.desk

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Do something in the sandbox's own thread; raises what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def run_beside(self, work: Coroutine[object, object, T]) -> T:
        """As `run`, for a test whose own event loop must go on meanwhile."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def begin(self) -> Rehearsal:
        """A world of its own, as at the start."""
        if self._used:
            self.run(self.theatre.reset())
        self._used = True
        return Rehearsal(self)

    def register(
        self, client_id: str, redirect_uri: str, public_key: str, *, name: str = "", scopes: tuple[str, ...] = ()
    ) -> shapes.Partner:
        """Register your service, for all tests; what it must know of the sandbox. *public_key* in PEM or as JWK.

        Raises RegistrationInvalid.
        """
        new = shapes.NewPartner(name=name or client_id, redirect_uris=[redirect_uri], keys=[public_key])
        new = msgspec.structs.replace(new, scopes=list(scopes)) if scopes else new
        return self.run(running.register_partner(self.desk, {"client_id": client_id}, new))

    def told(self, client_id: str) -> Path:
        """The file that tells one of `gpic_services` where everything is; lay it over its own. Raises KeyError."""
        files = {one.table.client_id: one.told_in for one in self.theatre.ground.script.services}
        return files[client_id]

    def serve(self, app: ASGIApp, port: int = 0) -> str:
        """Serve an ASGI application in the sandbox's thread until the session ends; its address. Raises PortTaken."""
        return self.serve_until(self._stack, app, port)

    def serve_until(self, stack: AsyncExitStack, app: ASGIApp, port: int) -> str:
        """As `serve`, until *stack* is closed."""
        listening = listen(port)
        self.run(stack.enter_async_context(serving({"served": app}, {"served": listening})))
        return f"http://localhost:{listening.getsockname()[1]}"

    def keep(self, entered: AbstractAsyncContextManager[T]) -> T:
        """Enter this in the sandbox's own thread, until the session ends."""
        return self.run(self._stack.enter_async_context(entered))

    def close(self) -> None:
        """End everything."""
        self.run(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    async def _open(self, script: Script, port: int) -> tuple[Theatre, Control]:
        played = await self._stack.enter_async_context(theatre(port, script))
        return played, await self._stack.enter_async_context(control(played, token_urlsafe(32)))


@dataclass(slots=True)
class Rehearsal:
    """One test's sandbox."""

    server: Rehearsals
    opening: Opening = browser  #: what people look through
    _opened: AsyncExitStack = field(default_factory=AsyncExitStack)
    _first: int = 0

    def __post_init__(self) -> None:
        self._first = self.journal.last

    @property
    def issuer(self) -> str:
        """NHS login's."""
        return self.server.issuer

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where each role is, by name."""
        return self.server.addresses

    @property
    def journal(self) -> JournalOfTest:
        """What was said in this test."""
        return JournalOfTest(self.server, self._first)

    @property
    def clock(self) -> ClockOfTest:
        """The world's."""
        return ClockOfTest(self.server)

    def patient(self, slug: str) -> PatientOfTest:
        """Somebody of the cast. Raises Unheard."""
        self.server.run(_known(self.server.desk, slug))
        return PatientOfTest(self, slug)

    def practice(self, code: str) -> PracticeOfTest:
        """A practice. Raises Unheard."""
        self.server.run(places.one_practice(self.server.desk, {"code": code}))
        return PracticeOfTest(self.server, code)

    def add_patient(self, slug: str, **rest: str | bool) -> PatientOfTest:
        """Somebody more: given_name, family_name, birth_date, practice, and what else NewPerson has. Raises as the API does."""
        new = msgspec.convert({"slug": slug, **rest}, shapes.NewPerson)
        self.server.run(people.add_person(self.server.desk, {}, new))
        return PatientOfTest(self, slug)

    def fault(self, kind: str, lane: str, **rest: str | float | bool) -> int:
        """Let calls of *lane* go wrong, as FaultRule says; its number. Raises FaultInvalid, msgspec.ValidationError."""
        rule = msgspec.convert({"kind": kind, "lane": lane, **rest}, shapes.FaultRule)
        return self.server.run(knobs.set_fault(self.server.desk, {}, rule)).number

    def lift_faults(self) -> None:
        """Nothing goes wrong any more."""
        self.server.run(knobs.lift_faults(self.server.desk))

    def switch(self, name: str, value: object) -> None:
        """Put a switch elsewhere: "EmisSwitches.already_linked". Raises SwitchUnknown, SwitchInvalid."""
        self.server.run(knobs.throw_switch(self.server.desk, {"name": name}, shapes.Throw(value=value)))

    def happens(self, name: str, **parameters: str | bool | list[str]) -> list[shapes.Happening]:
        """Let an event of the world happen, by its name; what it brought about. Raises as the control API does."""
        asked = Asked({"name": name}, {}, msgspec.json.encode(parameters))
        return self.server.run(events.make_happen(self.server.desk, asked))

    def settle(self) -> None:
        """Wait until NHS login has nothing left to do that is due."""
        self.server.run(running.settle(self.server.desk))

    def serve(self, app: ASGIApp, port: int = 0) -> str:
        """Serve an ASGI application in the sandbox's thread until the test ends; its address. Raises PortTaken."""
        return self.server.serve_until(self._opened, app, port)

    def browser(self, slug: str = "") -> Browser:
        """A fresh browser; with a *slug*, NHS login is told who is there and shows no page."""
        hint = Hint(self.issuer, slug) if slug else None
        opening = self._opened.enter_async_context(self.opening(self.server.theatre.ground.ways, hint))
        return self.server.run(opening)

    def close(self) -> None:
        """Close what was opened."""
        self.server.run(self._opened.aclose())


@dataclass(frozen=True, slots=True)
class JournalOfTest:
    """What was said, for a test to look into."""

    server: Rehearsals
    first: int

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything since the test began, in the order of answers; a partner's messages under its own name."""
        return self.server.run(self._messages())

    @property
    def last(self) -> int:
        """The number of the latest message; 0 where there is none."""
        return max((one.number for one in self.messages), default=0)

    def calls(self, lane: str, *, sender: str = "", operation: str = "", person: str = "") -> tuple[Message, ...]:
        """The messages to *lane* ("EMIS"), narrowed by whatever is given."""
        wanted = {"sender": sender, "operation": operation, "person": person}
        return tuple(
            one
            for one in self.messages
            if one.receiver == lane and all(not value or getattr(one, name) == value for name, value in wanted.items())
        )

    def tally(self, sender: str, receiver: str) -> dict[str, int]:
        """How often *sender* asked a GP system for each kind of thing: retrieve, create, link, session."""
        return tally(self.messages, sender, receiver)

    def letters(self, person: str = "") -> list[shapes.Letter]:
        """E-mails that would have been sent."""
        query = conversation.LettersQuery(person=person)
        return self.server.run(conversation.letters(self.server.desk, {}, query))

    def diagram(self) -> str:
        """The sequence diagram as text."""
        return drawn(self.messages, self.server.desk.watching.remarks_on)

    async def _messages(self) -> tuple[Message, ...]:
        desk = self.server.desk
        said = desk.stage.journal.list(after=self.first)
        return tuple(desk.watching.as_told(one) for one in said if one.operation != SIGN_OF_LIFE)


@dataclass(frozen=True, slots=True)
class ClockOfTest:
    """The world clock; the wire's never moves."""

    server: Rehearsals

    def now(self) -> datetime:
        """The world's present moment, in UTC."""
        return self.server.theatre.stage.clocks.world.now()

    def move(self, by: timedelta) -> None:
        """Let time pass in the world. Raises AskedWrongly where it would go back."""
        self.server.run(knobs.move_clock(self.server.desk, {}, shapes.Move(seconds=by.total_seconds())))

    def freeze(self) -> None:
        """Let the world stand still."""
        self.server.run(knobs.freeze_clock(self.server.desk))

    def thaw(self) -> None:
        """Let it run on from where it stood."""
        self.server.run(knobs.thaw_clock(self.server.desk))


@dataclass(slots=True)
class PatientOfTest:
    """Somebody of the cast, who logs in and to whom things happen."""

    sandbox: Rehearsal
    slug: str
    _browser: Browser | None = None

    @property
    def shown(self) -> shapes.Person:
        """Everything that is known of them: their account, what NHS login holds, what each partner holds."""
        server, query = self.sandbox.server, people.PersonQuery()
        return server.run(people.one_person(server.desk, {"slug": self.slug}, query))

    def happens(self, name: str, **parameters: str | bool | list[str]) -> list[shapes.Happening]:
        """Let an event happen to them: `patient.happens("move_patient", to="B99901")`."""
        return self.sandbox.happens(name, person=self.slug, **parameters)

    def log_in(self, start: str, *, button: str = "nhs-login") -> Page:
        """A whole login, from your service's page at *start* to where it ends; cookies stay for the next one.

        *button* is the id of what leads to NHS login; empty where *start* itself does. Raises NotWhatWasExpected.
        """
        return self.sandbox.server.run(self._log_in(self.browser, start, button))

    async def log_in_beside(self, start: str, *, button: str = "nhs-login") -> Page:
        """As `log_in`, where your service runs in the test's own event loop."""
        return await self.sandbox.server.run_beside(self._log_in(self.browser, start, button))

    def open(self, url: str) -> Page:
        """Go to an address, in the same browser."""
        return self.sandbox.server.run(self.browser.open(url))

    def take_another_browser(self) -> None:
        """Without cookies: NHS login and your service do not know it."""
        self._browser = None

    @property
    def browser(self) -> Browser:
        """Theirs; opened when it is first wanted."""
        if self._browser is None:
            self._browser = self.sandbox.browser(self.slug)
        return self._browser

    async def _log_in(self, person: Browser, start: str, button: str) -> Page:
        page = await person.open(start)
        page = await person.follow(page, button) if button else page
        return await answer_pages(person, page, self.sandbox.server.theatre.stage.people[self.slug])


@dataclass(frozen=True, slots=True)
class PracticeOfTest:
    """A practice, to which things happen."""

    server: Rehearsals
    code: str

    @property
    def shown(self) -> shapes.Practice:
        """Its name, its system, who is there."""
        return self.server.run(places.one_practice(self.server.desk, {"code": self.code}))

    def happens(self, name: str, **parameters: str | bool | list[str]) -> list[shapes.Happening]:
        """Let an event happen to it: `practice.happens("migrate_system", system="TPP")`."""
        body = {"practice": self.code, **parameters}
        asked = Asked({"name": name}, {}, msgspec.json.encode(body))
        return self.server.run(events.make_happen(self.server.desk, asked))


async def _known(desk: Desk, slug: str) -> None:
    desk.stage.world.patient(slug)

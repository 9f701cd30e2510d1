"""One check's sandbox: somebody new, their logins at the service, and what the service sent."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from gpic.examiner.between import Between, Change
from gpic.examiner.forgery import Forger
from gpic.examiner.looks import Looks
from gpic.examiner.verdicts import Failed, NotSeen
from gpic.sandbox.browser import Browser, NotWhatWasExpected, Page, browser
from gpic.sandbox.rehearsal import Opening, PatientOfTest, Rehearsal, Rehearsals
from gpic.sandbox.tally import tally
from gpic.sandbox.walk import answer_pages
from gpic.simulators.exchanges import Exchange
from gpic.simulators.journal import Message

PERSON: Final = "Person"
NHS_LOGIN: Final = "NHS login"
SURGERIES: Final = frozenset({"EMIS", "TPP", "MEDICUS"})
SERVER_ERRORS: Final = 500
UNAVAILABLE: Final = 503
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Examining:
    """What all checks of one examination share."""

    server: Rehearsals
    service: str  #: its name in the journal
    looks: Looks
    provider: Between
    tpp: Between
    forger: Forger
    opening: Opening = browser  #: what people look through
    patience: float = 70.0  #: seconds in which a service may notice that NHS login signs with another key


@dataclass(slots=True)
class Case:
    """What a check works with. People are new in each, so that nothing that the service kept can help it."""

    among: Examining
    sandbox: Rehearsal = field(init=False)
    note: str = field(default="", init=False)  #: what else there is to say of this check
    _from: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.sandbox = Rehearsal(self.among.server, self.among.opening)

    @property
    def server(self) -> Rehearsals:
        """The sandbox."""
        return self.among.server

    @property
    def examinee(self) -> str:
        """Its name in the journal."""
        return self.among.service

    @property
    def looks(self) -> Looks:
        """How it looks."""
        return self.among.looks

    @property
    def forger(self) -> Forger:
        """Who writes other ID tokens."""
        return self.among.forger

    @contextlib.contextmanager
    def changing(self, bodies: dict[str, Callable[[bytes], bytes]]) -> Iterator[Between]:
        """NHS login's answers of these paths are others while the block runs."""
        with self.among.provider.changing(Change(bodies)):
            yield self.among.provider

    def somebody(
        self, *, practice: str = "A99901", account: bool = True, level: str = "P9", family_name: str = ""
    ) -> PatientOfTest:
        """Somebody whom neither the service nor NHS login has seen."""
        number = next(_NUMBERS)
        return self.sandbox.add_patient(
            f"examined-{number}",
            given_name="Robin",
            family_name=family_name or f"Examined{number}",
            birth_date="1980-05-06",
            practice=practice,
            account=account,
            level=level,
        )

    def log_in(self, patient: PatientOfTest) -> Page:
        """One press of the service's button, and every page until nothing is asked; raises Failed where that never ends."""
        try:
            page = patient.log_in(self.looks.start, button=self.looks.button)
        except NotWhatWasExpected as lost:
            raise Failed("that a login ends on a page", str(lost)) from lost
        self.settle()
        must_be_readable(page)
        return page

    def connect(self, patient: PatientOfTest) -> Page:
        """As `log_in`; raises Failed unless it connects."""
        page = self.log_in(patient)
        if not self.is_connected(page):
            raise Failed("somebody with everything in order to be connected", f"the page {page.heading!r}")
        return page

    def is_connected(self, page: Page) -> bool:
        """Whether this is what connected people see."""
        return self.looks.connected in page.text

    def settle(self) -> None:
        """Let NHS login finish what it does in the background."""
        self.server.run(self.server.theatre.stage.settled())

    def look_away(self) -> None:
        """Count anew from here."""
        self._from = self.sandbox.journal.last

    @property
    def messages(self) -> tuple[Message, ...]:
        """Everything since the last `look_away`."""
        return tuple(one for one in self.sandbox.journal.messages if one.number > self._from)

    def exchange(self, message: Message) -> Exchange:
        """What went over the wire with a message; nothing where that is no longer kept."""
        return self.server.theatre.stage.journal.exchange(message.number) or Exchange("", "", "", ())

    def calls(self, lane: str = "EMIS") -> dict[str, int]:
        """How often the service asked a GP system for each kind of thing: link, session."""
        return tally(self.messages, self.examinee, lane)

    def good_links(self, lane: str = "EMIS") -> int:
        """How many registrations succeeded."""
        return tally([one for one in self.messages if one.ok], self.examinee, lane).get("link", 0)

    def asked_a_surgery(self) -> list[Message]:
        """Whatever the service asked of any GP system."""
        return [one for one in self.messages if one.sender == self.examinee and one.receiver in SURGERIES]

    @property
    def authorizations(self) -> list[dict[str, str]]:
        """What each request to /authorize asked, in order."""
        asked = []
        for one in self.messages:
            if (one.sender, one.receiver) == (PERSON, NHS_LOGIN) and one.operation.endswith(" /authorize"):
                exchange = self.exchange(one)
                asked.append(fields_of(exchange.query or exchange.body.decode("utf-8", "replace")))
        return asked

    def was_met_restricted(self) -> bool:
        """Whether the service was told by EMIS that an account is Restricted."""
        sessions = [one for one in self.messages if (one.sender, one.operation) == (self.examinee, "POST sessions")]
        return any(b"Restricted" in self.exchange(one).answer for one in sessions)

    @property
    def redemptions(self) -> list[dict[str, str]]:
        """What the service redeemed at /token, in order."""
        return [
            fields_of(self.exchange(one).body.decode("utf-8", "replace"))
            for one in self.messages
            if one.receiver == NHS_LOGIN and one.operation == "POST /token"
        ]

    def open(self, patient: PatientOfTest, url: str) -> Page:
        """Go to an address, in the same browser."""
        try:
            return patient.open(url)
        except NotWhatWasExpected as lost:
            raise Failed("a page", str(lost)) from lost

    def stranger(self) -> Browser:
        """A browser that nobody has signed in with."""
        return self.sandbox.browser()

    def begin(self, person: Browser) -> dict[str, str]:
        """Press the button and stop at NHS login's door: what the service asks there; raises NotSeen, Failed."""
        with self.among.provider.changing(Change(halts=True)):
            self.server.run(self._pressed(person))
            held = self.among.provider.halted
        if not held:
            raise NotSeen("the button led nobody to NHS login")
        return fields_of(held[-1])

    async def _pressed(self, person: Browser) -> Page:
        try:
            page = await person.open(self.looks.start)
            return await person.follow(page, self.looks.button) if self.looks.button else page
        except NotWhatWasExpected as lost:
            raise Failed("a way to NHS login", str(lost)) from lost

    def answered(self, person: Browser, patient: PatientOfTest, url: str) -> Page:
        """Go to an address, and answer every page of NHS login's as this patient."""

        async def gone() -> Page:
            who = self.server.theatre.stage.people[patient.slug]
            return await answer_pages(person, await person.open(url), who)

        try:
            return self.server.run(gone())
        except NotWhatWasExpected as lost:
            raise Failed("that a login ends on a page", str(lost)) from lost

    def callback(self, page: Page) -> str:
        """The address by which the person came back from NHS login; raises NotSeen where there was none."""
        found = next((url for url in reversed(page.way) if "code=" in url and "state=" in url), "")
        if not found:
            raise NotSeen("no callback with a code was seen on the way of this login")
        return found

    def wait(self, seconds: float) -> None:
        """Let real time pass."""
        self.server.run(asyncio.sleep(seconds))


def must_be_readable(page: Page) -> None:
    """Raises Failed where a server error is what a person gets."""
    if page.status >= SERVER_ERRORS and page.status != UNAVAILABLE:
        raise Failed("a page that a person can read", f"status {page.status} at the end of a login")


def fields_of(query: str) -> dict[str, str]:
    """A query's or a form's fields, the first of each name."""
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


def with_query(url: str, query: dict[str, str]) -> str:
    """The address with this query in place of its own."""
    return urlunsplit(urlsplit(url)._replace(query=urlencode(query)))

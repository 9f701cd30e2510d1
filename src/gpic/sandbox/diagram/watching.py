"""Somebody who reads along: notes for every message to which login it belongs and what there is to remark."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import msgspec

from gpic.sandbox.diagram.logins import Login, Logins, WhoIs
from gpic.sandbox.diagram.meaning import remark_on
from gpic.sandbox.diagram.text import by_arrival
from gpic.sandbox.diagram.traces import header
from gpic.sandbox.lanes import ANYBODY, SAMPLE_AS_CALLER
from gpic.sandbox.surgeries import NHS_LOGIN, PARTNER
from gpic.simulators.exchanges import Exchange
from gpic.simulators.journal import Journal, Message

MOST_REMARKS: Final = 10_000
LINKING: Final = "POST me/applications"
SESSION: Final = "POST sessions"
NEEDLESS_EMAIL: Final = (
    "A needless e-mail to the patient: this linkage key is linked already, and nothing says that its token has stopped working."
)


class _Details(msgspec.Struct, rename="pascal"):
    account_id: str = ""
    linkage_key: str = ""
    national_practice_code: str = ""


class _Linking(msgspec.Struct, rename="pascal"):
    linkage_details: _Details = msgspec.field(default_factory=_Details)


class Needless:
    """Finds registrations that only cost the patient an e-mail (R3): the same key again, while its token works."""

    def __init__(self) -> None:
        self._linked: dict[tuple[str, str], str] = {}  #: sender and person: what is linked

    def note(self, message: Message, exchange: Exchange | None) -> bool:
        """Whether this registration was needless."""
        whose = (message.sender, message.person)
        if message.operation == SESSION and not message.ok:
            self._linked.pop(whose, None)
        if message.operation != LINKING or not message.ok or exchange is None:
            return False
        key, before = linked_by(exchange), self._linked.get(whose)
        self._linked[whose] = key
        return bool(key) and key == before


def linked_by(exchange: Exchange) -> str:
    """A hash of the details that a registration at EMIS was made with; empty where it cannot be read."""
    try:
        details = msgspec.json.decode(exchange.body, type=_Linking).linkage_details
    except (msgspec.MsgspecError, ValueError):
        return ""
    return hashlib.sha256(msgspec.json.encode(details)).hexdigest()


class Watching:
    """Reads a journal along, from its beginning."""

    def __init__(self, journal: Journal, who_is: WhoIs, name_of: Callable[[str], str]) -> None:
        self._journal = journal
        self._name_of = name_of
        self._needless = Needless()
        self._remarks: OrderedDict[int, tuple[str, ...]] = OrderedDict()
        self.logins = Logins(who_is, name_of)
        for message in journal.list():
            self.note(message)

    def note(self, message: Message) -> Login | None:
        """Take the next message in; its login, where that is clear by now."""
        exchange = self._journal.exchange(message.number)
        remarks = [text for note in (exchange.notes if exchange is not None else ()) if (text := remark_on(note))]
        remarks += [NEEDLESS_EMAIL] if self._needless.note(message, exchange) else []
        if remarks:
            self._remarks[message.number] = tuple(remarks)
            if len(self._remarks) > MOST_REMARKS:
                self._remarks.popitem(last=False)
        return self.logins.note(message, exchange)

    def remarks_on(self, number: int) -> tuple[str, ...]:
        """What there is to remark on a message."""
        return self._remarks.get(number, ())

    def as_told(self, message: Message) -> Message:
        """The message with its sender's own name: at NHS login's door all partners look the same."""
        if (message.sender, message.receiver) != (PARTNER, NHS_LOGIN):
            return message
        login, exchange = self.logins.of(message.number), self._journal.exchange(message.number)
        if login is not None and login.client_id:
            return replace(message, sender=self._name_of(login.client_id))
        is_anybody = exchange is not None and header(exchange.headers, "user-agent") != SAMPLE_AS_CALLER
        return replace(message, sender=ANYBODY) if is_anybody else message

    def messages_of(self, login: Login) -> tuple[Message, ...]:
        """The messages of one login that are still in the journal, in their order of arrival."""
        wanted = set(login.messages)
        return by_arrival(self.as_told(message) for message in self._journal.list() if message.number in wanted)

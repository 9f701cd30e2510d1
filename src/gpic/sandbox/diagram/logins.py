"""Which messages belong to one login. Where a partner sends somebody back to NHS login, that is the same login still."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gpic.sandbox.diagram.traces import END_USER_SESSION, Traces, header, traces
from gpic.sandbox.lanes import PERSON
from gpic.sandbox.surgeries import NHS_LOGIN
from gpic.simulators.exchanges import Exchange
from gpic.simulators.journal import Message

#: A GP system's message about a person belongs to their login for so long after its last message, on the wire clock.
AFTERWARDS: Final = timedelta(seconds=60)
MOST_LOOSE: Final = 500
MOST_LOGINS: Final = 1_000

WhoIs = Callable[[Traces], str]


@dataclass(slots=True)
class Login:
    """One login and its messages so far."""

    number: int
    began_at: datetime
    last_at: datetime
    client_id: str = ""
    person: str = ""
    messages: list[int] = field(default_factory=list)
    ties: set[str] = field(default_factory=set)
    cookies: set[str] = field(default_factory=set)  #: that NHS login gave in it

    @property
    def id(self) -> str:
        """What it is called."""
        return f"login-{self.number}"


class Logins:
    """Told of every message in its order, they say whose login it belongs to. *who_is* names a person by what is shown."""

    def __init__(self, who_is: WhoIs, name_of: Callable[[str], str]) -> None:
        self._who_is = who_is
        self._name_of = name_of  #: a partner's lane, by client id
        self._logins: dict[int, Login] = {}
        self._by_tie: dict[str, Login] = {}
        self._of: dict[int, Login] = {}
        self._people: dict[str, str] = {}  #: slugs by cookies of NHS login
        self._loose: deque[tuple[Message, Exchange | None]] = deque(maxlen=MOST_LOOSE)  #: what nothing ties to a login
        self._last = 0

    def note(self, message: Message, exchange: Exchange | None) -> Login | None:
        """The login of this message; None where it belongs to none, or nobody can tell yet."""
        found = self._tied(message, exchange) if exchange is not None else None
        if found is None:
            self._loose.append((message, exchange))
            found = self._latest_of(message) if message.person else None
        if found is not None:
            self._put(found, message)
            self._adopt(found, message, exchange)
        return found

    def of(self, number: int) -> Login | None:
        """The login of a message."""
        return self._of.get(number)

    def all(self) -> tuple[Login, ...]:
        """Every login, in the order they began."""
        return tuple(self._logins.values())

    def named(self, login_id: str) -> Login | None:
        """The login of this id."""
        return next((login for login in self._logins.values() if login.id == login_id), None)

    def _tied(self, message: Message, exchange: Exchange) -> Login | None:
        seen = traces(message, exchange)
        if not seen.ties:
            return None
        known = {login.number: login for one in seen.ties if (login := self._by_tie.get(one)) is not None}
        login = self._joined([known[number] for number in sorted(known)]) or self._begun(message, exchange)
        if login is None:
            return None
        for one in seen.ties:
            login.ties.add(one)
            self._by_tie[one] = login
        login.client_id = login.client_id or seen.client_id
        login.cookies |= seen.cookies_given
        self._recognise(login, self._who_is(seen) or self._by_cookie(seen))
        return login

    def _begun(self, message: Message, exchange: Exchange) -> Login | None:
        """Only a person begins one, on the way to NHS login: a code out of nowhere is nobody's login."""
        towards = header(exchange.answer_headers, "location")
        is_on_the_way = message.receiver == NHS_LOGIN or "/authorize" in towards
        if message.sender != PERSON or not is_on_the_way:
            return None
        self._last += 1
        login = Login(self._last, message.at_wire, message.at_wire)
        self._logins[login.number] = login
        if len(self._logins) > MOST_LOGINS:
            self._forget(next(iter(self._logins.values())))
        return login

    def _joined(self, logins: list[Login]) -> Login | None:
        """One login out of several that turn out to be the same: the first one."""
        if not logins:
            return None
        first, *others = logins
        for other in others:
            first.messages = sorted((*first.messages, *other.messages))
            first.cookies |= other.cookies
            first.client_id = first.client_id or other.client_id
            self._recognise(first, other.person)
            for one in other.ties:
                first.ties.add(one)
                self._by_tie[one] = first
            self._of.update(dict.fromkeys(other.messages, first))
            del self._logins[other.number]
        return first

    def _recognise(self, login: Login, person: str) -> None:
        login.person = login.person or person
        if login.person:
            self._people.update(dict.fromkeys(login.cookies, login.person))

    def _by_cookie(self, seen: Traces) -> str:
        return next((self._people[one] for one in sorted(seen.cookies_shown) if one in self._people), "")

    def _latest_of(self, message: Message) -> Login | None:
        """The person's last login, at this partner where a partner asks, unless it is long over."""
        for login in reversed(self._logins.values()):
            is_theirs = login.person == message.person and message.at_wire - login.last_at <= AFTERWARDS
            if is_theirs and message.sender in {NHS_LOGIN, self._name_of(login.client_id)}:
                return login
        return None

    def _put(self, login: Login, message: Message) -> None:
        login.messages.append(message.number)
        login.last_at = max(login.last_at, message.at_wire)
        login.began_at = min(login.began_at, message.at_wire)
        self._of[message.number] = login

    def _adopt(self, login: Login, message: Message, exchange: Exchange | None) -> None:
        """Messages that came before anybody could tell whose they are, and those that an earlier login was taken for."""
        session = header(exchange.headers, END_USER_SESSION).encode() if exchange is not None else b""
        partner = self._name_of(login.client_id)
        for other, theirs in tuple(self._loose):
            opened_it = session != b"" and theirs is not None and other.sender == message.sender and session in theirs.answer
            is_theirs = bool(other.person) and other.person == login.person and other.sender in {NHS_LOGIN, partner}
            if opened_it or (is_theirs and other.at_wire >= login.began_at):
                self._take(login, other)

    def _take(self, login: Login, other: Message) -> None:
        holder = self._of.get(other.number)
        if holder is login or (holder is not None and holder.began_at >= login.began_at):
            return
        if holder is not None:
            holder.messages.remove(other.number)
        self._put(login, other)
        login.messages.sort()

    def _forget(self, login: Login) -> None:
        del self._logins[login.number]
        for one in login.ties:
            self._by_tie.pop(one, None)
        for number in login.messages:
            self._of.pop(number, None)
        for one in login.cookies:
            self._people.pop(one, None)

"""The kit for services that wait."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import httpx2
import pytest

from gpic.nhs.answers import GpSession, SessionAnswer, SessionOpened
from gpic.nhs.credentials import Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Reply, open_client
from gpic.relying_party.errors import KitRefusal, NoPracticeLine, ProviderSilent
from gpic.relying_party.outcomes import Connected, ReturnToLogin
from gpic.relying_party.party import RelyingParty
from gpic.relying_party.synchronous import SynchronousParty
from tests.unit.relying_party.world import BROWSER, World, details, settings, world


@pytest.fixture
def there() -> World:
    """An NHS login, a surgery, and a party that nobody has used yet."""
    found = world()
    found.nhs_login.details = details()
    return found


@pytest.fixture
def party(there: World) -> Iterator[SynchronousParty]:
    """The same party, blocking."""
    blocking = SynchronousParty(settings(), lambda: there.party)
    yield blocking
    blocking.close()


def connect(party: SynchronousParty, there: World, browser: str = BROWSER) -> object:
    """A whole login."""
    started = party.start(browser)
    return party.finish(browser, there.nhs_login.authorize(started.url))


def test_a_login_ends_connected(party: SynchronousParty, there: World) -> None:
    """R2: the same decisions, without a word of asynchronous code."""
    outcome = connect(party, there)

    assert isinstance(outcome, Connected)
    assert ["link", "session"] == there.surgery.calls
    assert 2 == party.assert_identity(outcome).count(".")


def test_many_threads_make_one_registration(party: SynchronousParty, there: World) -> None:
    """R11: eight callbacks of one person at one moment."""
    with ThreadPoolExecutor(8) as threads:
        outcomes = list(threads.map(lambda number: connect(party, there, f"browser-{number}"), range(8)))

    assert {Connected} == {type(outcome) for outcome in outcomes}
    assert 1 == there.surgery.calls.count("link")


def test_what_the_kit_raises_is_raised(party: SynchronousParty, there: World) -> None:
    """NHS login does not answer."""
    there.nhs_login.down.add("/.well-known/openid-configuration")

    with pytest.raises(ProviderSilent):
        party.start(BROWSER)


def test_forgetting_and_ending_block_too(party: SynchronousParty, there: World) -> None:
    """Whoever is forgotten is registered anew."""
    outcome = connect(party, there)
    assert isinstance(outcome, Connected)
    party.end(outcome)
    party.forget("mary")
    again = connect(party, there)

    assert isinstance(again, Connected | ReturnToLogin)
    assert 2 == there.surgery.calls.count("link")


class Line:
    """A surgery's address: answers with the session that it was asked in, and ends the first."""

    def __init__(self) -> None:
        self.client = open_client("https://surgery.example", transport=httpx2.MockTransport(self.answer))
        self.asked: list[tuple[str, str, str]] = []

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """401 in the first session, the request's own words in any other."""
        self.asked.append((request.method, request.headers["session"], request.url.params.get("patient", "")))
        return httpx2.Response(401 if request.headers["session"] == "session-1" else 200, content=request.content)

    def carrying(self, session: GpSession) -> Mapping[str, str]:
        """Its name."""
        return {"session": session.handle.reveal()}

    def naming(self, session: GpSession) -> Mapping[str, str]:
        """Its patient's name."""
        return {"patient": f"patient of {session.handle.reveal()}"}

    def has_ended(self, reply: Reply) -> bool:
        """401."""
        return reply.status == 401

    async def stays_open(self, session: GpSession) -> bool:
        """All but the first."""
        return session.handle.reveal() != "session-1"


@pytest.fixture
def surgery(there: World) -> Line:
    """Mary's surgery with a line, and another session each time."""
    line = Line()
    opened = count(1)
    open_session = there.surgery.open_session

    async def numbered(token: Im1Token, practice: OdsCode) -> SessionAnswer:
        answer = await open_session(token, practice)
        if isinstance(answer, SessionOpened):
            return replace(answer, session=GpSession("emis", Secret(f"session-{next(opened)}")))
        return answer

    for name in ("client", "carrying", "naming", "has_ended", "stays_open"):
        setattr(there.surgery, name, getattr(line, name))
    there.surgery.open_session = numbered  # type: ignore[method-assign]
    return line


def test_a_line_blocks_too(party: SynchronousParty, there: World, surgery: Line) -> None:
    """Headers and names are those of the session that is open; one that has ended is opened anew, once."""
    outcome = connect(party, there)
    assert isinstance(outcome, Connected)
    line = party.practice_line(outcome)
    got = line.get("letters", params=lambda own: {"patient": own["patient"]})
    posted = line.post("letters", content=lambda own: own["patient"])

    assert (200, 200, b"patient of session-2") == (got.status_code, posted.status_code, posted.content)
    assert [
        ("GET", "session-1", "patient of session-1"),
        ("GET", "session-2", "patient of session-2"),
        ("POST", "session-2", ""),
    ] == surgery.asked
    assert "session-2" == line.connected.session.handle.reveal()
    assert {"patient": "patient of session-2"} == line.own


@pytest.mark.usefixtures("surgery")
def test_a_line_is_kept_alive(party: SynchronousParty, there: World) -> None:
    """The first session is over already: there is another afterwards."""
    outcome = connect(party, there)
    assert isinstance(outcome, Connected)
    line = party.practice_line(outcome)

    assert line.keep_alive()
    assert "session-2" == line.connected.session.handle.reveal()


def test_without_a_line_there_is_a_refusal(party: SynchronousParty, there: World) -> None:
    """It says so in the kit's own terms: a code, a sentence for the person, and the same tree as every refusal."""
    outcome = connect(party, there)
    assert isinstance(outcome, Connected)
    with pytest.raises(NoPracticeLine) as refused:
        party.practice_line(outcome)

    assert isinstance(refused.value, KitRefusal)
    assert ("no_practice_line", True) == (refused.value.code, bool(refused.value.sentence))


def test_what_stands_behind_a_party_is_closed_with_it(there: World) -> None:
    """A party that came with connections of its own: both go."""
    closed: list[str] = []

    class Behind:
        party = there.party

        async def close(self) -> None:
            closed.append("all of it")
            await self.party.close()

    party = SynchronousParty(settings(), Behind)
    party.start(BROWSER)
    party.close()

    assert ["all of it"] == closed


def test_each_process_has_a_party_of_its_own(there: World) -> None:
    """Servers fork: a child does not use its parent's loop, which has no thread there."""
    made: list[int] = []

    def make() -> RelyingParty:
        made.append(os.getpid())
        return there.party

    party = SynchronousParty(settings(), make)
    party.start(BROWSER)
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # a child that hangs ends, and the test fails
        party.start(BROWSER)
        os._exit(0 if made[-1] == os.getpid() else 1)
    _, status = os.waitpid(child, 0)
    party.close()

    assert 0 == os.waitstatus_to_exitcode(status)
    assert [os.getpid()] == made


def test_a_closed_party_can_be_used_again(there: World) -> None:
    """It begins anew."""
    made: list[int] = []

    def make() -> RelyingParty:
        made.append(1)
        return world().party

    party = SynchronousParty(settings(), make)
    for _ in range(2):
        party.start(BROWSER)
        party.close()

    assert [1, 1] == made

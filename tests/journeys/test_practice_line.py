"""A connected patient's session at the surgery: other endpoints, and what happens when the session has ended there."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gpic.relying_party import Connected, SynchronousParty
from gpic.relying_party.errors import SessionOver
from gpic.relying_party.practice_line import PracticeLine
from gpic.sandbox.browser import browser
from gpic.sandbox.guests import described_in
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script, Stage, stage
from gpic.sandbox.tally import tally
from gpic.sandbox.walk import answer_pages
from gpic.simulators.faults import Fault, Kind
from gpic.wiring.partner_file import ReadyPartner, partner_from

pytestmark = pytest.mark.anyio

NAME = "Lines"
DATE = re.compile(r"19\d\d-\d\d-\d\d")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "call-the-surgery.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN: dict[str, Any] = {}
for block in BLOCK.findall(PAGE.read_text()):
    exec(compile(block, PAGE.name, "exec"), SHOWN)  # noqa: S102 - our own page
demographics: Callable[[PracticeLine], Awaitable[httpx2.Response]] = SHOWN["demographics_at_emis"]


@dataclass(frozen=True, slots=True)
class Place:
    """A sandbox and a partner in this process."""

    stage: Stage
    service: ReadyPartner
    files: tuple[Path, Path]

    async def connect(self, slug: str) -> Connected:
        """A whole login."""
        started = await self.service.party.start("browser")
        async with browser() as person:
            page = await answer_pages(person, await person.open(started.url), self.stage.people[slug])
        outcome = await self.service.party.finish("browser", page.url)
        assert isinstance(outcome, Connected), outcome
        return outcome

    async def line(self, slug: str) -> PracticeLine:
        """The line of somebody who has just connected."""
        return self.service.party.practice_line(await self.connect(slug))

    def calls(self, lane: str) -> dict[str, int]:
        """What the surgery's system saw of this partner."""
        return tally(self.stage.journal.list(), NAME, lane)


@pytest.fixture
async def place(tmp_path: Path, keys: SandboxKeys) -> AsyncIterator[Place]:
    """Redirects end at an address of the sample partner's that nothing is served at."""
    file = tmp_path / "lines.toml"
    words = f'[partner]\nclient_id = "lines"\nname = "{NAME}"\nredirect_uri = "{{}}"\nkey_file = "lines.pem"\n'
    words += '[storage]\ndatabase = "lines.sqlite"\n'
    file.write_text(words.format("http://localhost:9/x"))
    async with stage(script=Script(keys=keys, services=(described_in(file),))) as everything:
        redirect_uri = f"{everything.addresses.partner}/lines"
        file.write_text(words.format(redirect_uri))
        registered = await everything.nhs_login.cabinets.clients.get("lines")
        assert registered is not None
        await everything.nhs_login.cabinets.clients.put(replace(registered, redirect_uris=frozenset({redirect_uri})))
        files = (file, file.with_suffix(".sandbox.toml"))
        service = partner_from(*files)
        yield Place(everything, service, files)
        await service.close()


async def accesses(line: PracticeLine) -> httpx2.Response:
    """One of TPP's, as the page shows it."""
    response: httpx2.Response = await SHOWN["services_at_tpp"](line, "7b0b2f7c-3f1e-4f0e-9d7e-0a0a0a0a0a0a")
    return response


async def test_a_request_carries_the_session(place: Place) -> None:
    """EMIS: application, end-user session and session, without a word of the partner's; and it shows the patient."""
    response = await demographics(await place.line("ada"))

    assert 200 == response.status_code
    assert DATE.match(response.json()["DateOfBirth"])
    sent = response.request.headers
    assert {"x-api-applicationid", "x-api-version", "x-api-endusersessionid", "x-api-sessionid"} <= set(sent)


async def test_a_session_that_ended_is_opened_again_once(place: Place) -> None:
    """The surgery's system forgot it meanwhile: one session more, and the request is answered under its names."""
    line = await place.line("ada")
    before, own = line.session, line.own
    place.stage.world_clock.move(timedelta(hours=2))
    response = await demographics(line)

    assert 200 == response.status_code
    assert line.session != before
    assert line.own != own
    assert {"link": 1, "session": 2} == {name: count for name, count in place.calls("EMIS").items() if name != "demographics"}


async def test_where_the_token_died_too_the_person_must_log_in(place: Place) -> None:
    """R7, N13: a dead token is presented once, and not again with the next request."""
    line = await place.line("ada")
    place.stage.world.rotate_linkage_key("ada")
    place.stage.world_clock.move(timedelta(hours=2))
    for ask in (lambda: demographics(line), line.keep_alive):
        with pytest.raises(SessionOver):
            await ask()

    assert 2 == place.calls("EMIS")["session"]


async def test_tpp_carries_its_session_too(place: Place) -> None:
    """The `suid` header, user and patient; an error with HTTP 200 says that the session is gone."""
    line = await place.line("cleo")
    before = line.session
    first = await accesses(line)
    place.stage.world_clock.move(timedelta(hours=2))
    second = await accesses(line)

    assert line.session != before
    for response in (first, second):
        assert b"<ServiceAccess " in response.content
        assert "suid" in response.request.headers


@pytest.mark.parametrize(("slug", "lane"), [("ada", "EMIS"), ("cleo", "TPP")])
async def test_a_session_is_kept_alive(place: Place, slug: str, lane: str) -> None:
    """Every quarter of an hour through two hours: one session all the time. Left alone for as long, there is another."""
    line = await place.line(slug)
    before = line.session
    for _ in range(8):
        place.stage.world_clock.move(timedelta(minutes=15))
        assert await line.keep_alive()
    assert before == line.session
    place.stage.world_clock.move(timedelta(hours=2))

    assert await line.keep_alive()
    assert before != line.session
    assert 2 == place.calls(lane)["session"]


async def test_a_silent_system_ends_no_session(place: Place) -> None:
    """R10: nothing is known of the session, so it stays."""
    line = await place.line("ada")
    before = line.session
    place.stage.faults.set(Fault(Kind.STATUS, "EMIS"))

    assert not await line.keep_alive()
    assert before == line.session


async def test_a_session_is_kept_between_two_requests(place: Place) -> None:
    """In another process, with the same key file: the line goes on, and nobody is registered or logged in again."""
    text = place.service.sessions.keep(await place.connect("cleo"))
    elsewhere = partner_from(*place.files)
    kept = elsewhere.sessions.kept(text)
    assert kept is not None
    line = elsewhere.party.practice_line(kept)
    response = await accesses(line)
    await elsewhere.party.end(line.connected)
    await elsewhere.close()

    assert b"<ServiceAccess " in response.content
    calls = place.calls("TPP")
    assert (1, 1) == (calls["link"], calls["session"])


async def test_what_was_opened_again_is_what_is_ended(place: Place) -> None:
    """Logoff takes the session that is open now."""
    line = await place.line("cleo")
    place.stage.world_clock.move(timedelta(hours=2))
    await accesses(line)
    await place.service.party.end(line.connected)
    before = place.calls("TPP")["session"]
    await accesses(line)

    assert before + 1 == place.calls("TPP")["session"]


async def test_a_page_shows_what_the_surgery_knows(place: Place) -> None:
    """The page's own function: kept in the browser's session, opened anew where it was over, and "log in" without it."""
    session: dict[str, object] = {"surgery": place.service.sessions.keep(await place.connect("ada"))}
    before = session["surgery"]
    place.stage.world_clock.move(timedelta(hours=2))
    shown = await SHOWN["date_of_birth"](place.service, session)
    nobody = await SHOWN["date_of_birth"](place.service, {})
    place.stage.world.rotate_linkage_key("ada")
    place.stage.world_clock.move(timedelta(hours=2))

    assert (DATE.fullmatch(shown[:10]) is not None, "log in") == (True, nobody)
    assert before != session["surgery"]
    assert "log in" == await SHOWN["date_of_birth"](place.service, session)


async def test_a_service_that_waits_calls_it_too(place: Place) -> None:
    """The page's last function, in a thread as a view runs."""
    connected = await place.connect("ada")

    def view() -> int:
        party = SynchronousParty(place.service.party.settings, lambda: partner_from(*place.files))
        try:
            status: int = SHOWN["status_of_demographics"](party, connected)
            return status
        finally:
            party.close()

    assert 200 == await asyncio.to_thread(view)

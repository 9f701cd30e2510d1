"""What was said, over the control API: messages by person and by login, opened and masked, drawn, and told as it happens."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gpic.sandbox.browser import browser
from gpic.sandbox.walk import log_in
from tests.journeys.conftest import Controlled, Json

pytestmark = pytest.mark.anyio

KEY_BEARING = ("POST me/applications", "POST me/verifications", "GET /userinfo", "POST /token")


async def test_which_calls_did_emis_see_for_this_person(controlled: Controlled) -> None:
    """J1: one query answers it, in order, each with the rules that speak of it."""
    await controlled.log_in("ada")
    await controlled.log_in("cleo")
    calls = (await controlled.get("/messages", receiver="EMIS", person="ada", sender="Partner"))["messages"]

    assert ["POST me/applications", "POST sessions", "GET demographics"] == [
        one["operation"] for one in calls if one["operation"] != "POST sessions/endusersession"
    ]
    assert "R3" in calls[0]["rules"] or "R3" in calls[1]["rules"]
    assert [] == (await controlled.get("/messages", receiver="EMIS", person="cleo"))["messages"]


async def test_the_journal_is_read_in_pages(controlled: Controlled) -> None:
    """*last* is where to go on; nothing is told twice, nothing left out."""
    await controlled.log_in("ada")
    everything = await controlled.get("/messages")
    told, last = [], 0
    while page := (answer := await controlled.get("/messages", after=last, limit=7))["messages"]:
        told += page
        last = answer["last"]

    assert everything["messages"] == told
    assert everything["last"] == last == told[-1]["number"]
    await controlled.ask("GET", "/messages", 400, params={"limit": 0})
    await controlled.ask("GET", "/messages", 400, params={"colour": "red"})


async def test_messages_of_two_logins_at_once_are_told_apart(controlled: Controlled) -> None:
    """One login each: from the partner's button to the session at the practice, and nothing of the other person."""
    addresses, people = controlled.stage.addresses, controlled.stage.people
    async with browser(controlled.stage.ways) as one, browser(controlled.stage.ways) as other:
        await asyncio.gather(
            log_in(one, addresses.partner, people["ada"]),
            log_in(other, addresses.partner, people["ben"]),
        )
    logins = {login["person"]: login for login in await controlled.get("/logins")}
    assert {"ada", "ben"} == set(logins)
    for slug, login in logins.items():
        told = (await controlled.get("/messages", login=login["id"]))["messages"]
        operations = [one["operation"] for one in told]
        assert {slug} == {one["person"] for one in told}
        assert login["messages"] == len(told)
        for operation in (
            "POST /login",
            "GET /authorize",
            "POST /token",
            "GET /userinfo",
            "GET /callback",
            "POST me/verifications",
        ):
            assert operations.count(operation) == 1 if "verifications" not in operation else operations.count(operation) >= 1


async def test_a_return_to_nhs_login_belongs_to_the_same_login(controlled: Controlled) -> None:
    """J11, R6: the partner meets Restricted and sends the person back; one diagram shows the whole of it."""
    await controlled.log_in("ada")
    await controlled.post("/clock/move", {"seconds": 3600})
    await controlled.post("/events/reset_account", {"person": "ada"})
    await controlled.log_in("ada")
    first, second = await controlled.get("/logins")
    told = (await controlled.get("/messages", login=second["id"]))["messages"]

    assert 2 == [one["operation"] for one in told].count("GET /authorize")
    assert 1 == [one["operation"] for one in (await controlled.get("/messages", login=first["id"]))["messages"]].count(
        "GET /authorize"
    )


async def test_a_message_opens_masked_and_reveals_when_asked(controlled: Controlled) -> None:
    """The shape shows; what was in it only on demand, where it then is the very thing that went over the wire."""
    await controlled.log_in("ada")
    account = controlled.stage.world.account_of("ada")
    assert account is not None
    numbers = {one["operation"]: one["number"] for one in (await controlled.get("/messages", ok=True))["messages"]}
    for operation in KEY_BEARING:
        masked = await controlled.get(f"/messages/{numbers[operation]}")
        assert account.linkage_key not in json.dumps(masked)
        assert "•••" in masked["body"] + masked["answer"] + str(masked["headers"])
        assert masked["says"]
    revealed = await controlled.get(f"/messages/{numbers['POST me/applications']}", reveal=True)

    assert account.linkage_key == json.loads(revealed["body"])["LinkageDetails"]["LinkageKey"]
    await controlled.ask("GET", "/messages/999999", 404)
    await controlled.ask("GET", "/messages/first", 404)


async def test_no_masked_message_holds_a_secret(controlled: Controlled) -> None:
    """At every supplier: no key, no token, no NHS number, no password, no cookie, nobody's name."""
    page = await controlled.log_in("ada")
    assert page.has("connected")
    await controlled.log_in("cleo")
    await controlled.log_in("kit")
    world, told = controlled.stage.world, []
    for one in (await controlled.get("/messages"))["messages"]:
        opened = await controlled.get(f"/messages/{one['number']}")
        told.append({**opened, "message": ""})
    secrets = set()
    for slug in ("ada", "cleo", "kit"):
        patient, account = world.patient(slug), world.account_of(slug)
        assert account is not None
        secrets |= {account.linkage_key, account.account_id, patient.number.digits, patient.family_name, patient.birth_date}
        secrets |= {link.token for link in account.links.values()}
    text = json.dumps(told, ensure_ascii=False)

    assert len(told) > 60
    assert [] == [secret for secret in secrets if secret in text]
    assert "eyJ" not in text


async def test_a_needless_email_is_remarked_on(controlled: Controlled) -> None:
    """G2, R3: the same linkage key linked again while its token works; once a session was refused, it is R7's."""
    await controlled.log_in("ada")
    await relink(controlled, "ada")
    (needless,) = [
        one for one in (await controlled.get("/messages", operation="POST me/applications"))["messages"] if one["remarks"]
    ]

    assert "A needless e-mail" in needless["remarks"][0]
    assert "A needless e-mail" in await controlled.get("/diagram", person="ada")
    assert 3 == len(await controlled.get("/outbox", person="ada"))


async def relink(controlled: Controlled, slug: str) -> None:
    """The partner has lost what it stored, and registers anew with the same key."""
    accounts = controlled.stage.accounts
    await controlled.stage.sample.announced.forget(accounts[slug].subject)
    await controlled.log_in(slug)


async def test_a_diagram_shows_lanes_and_messages(controlled: Controlled) -> None:
    """As text, and in Mermaid's words; of one login, or of everything."""
    await controlled.log_in("ada")
    (login,) = await controlled.get("/logins")
    drawn = (await controlled.get("/diagram", login=login["id"])).splitlines()
    mermaid = await controlled.get("/diagram", login=login["id"], format="mermaid")

    assert ["Person", "Partner", "NHS login", "PDS", "EMIS"] == re.split(r"\s{2,}", drawn[0].strip())
    assert login["messages"] == len([line for line in drawn if "→" in line])
    assert mermaid.startswith("sequenceDiagram\n  participant L0 as Person")
    assert "me/applications" in await controlled.get("/diagram", person="ada")
    assert "me/applications" not in await controlled.get("/diagram", person="cleo")
    await controlled.ask("GET", "/diagram", 404, params={"login": "login-99"})
    await controlled.ask("GET", "/diagram", 400, params={"format": "svg"})


@asynccontextmanager
async def following(controlled: Controlled, last: str = "") -> AsyncIterator[AsyncIterator[Json]]:
    """The stream's events, one by one."""
    headers = {"Last-Event-ID": last} if last else {}
    async with controlled.http.stream("GET", "/api/stream", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()

        async def events() -> AsyncIterator[Json]:
            async for line in lines:
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

        assert (await anext(lines)).startswith(":")
        yield events()


async def until(events: AsyncIterator[Json], kind: str, about: str = "") -> list[Json]:
    """The events up to the first of this kind."""
    seen = []
    async with asyncio.timeout(10):
        async for one in events:
            seen.append(one)
            if one["kind"] == kind and about in {"", one["about"]}:
                return seen
    raise AssertionError("the stream ended")


async def test_changes_show_at_once(controlled: Controlled) -> None:
    """Messages, happenings, what is held, faults, switches, the clock, the outbox: each told as it happens, in order."""
    async with following(controlled) as events:
        await controlled.post("/events/rotate_linkage_key", {"person": "ada"})
        happened = await until(events, "happening")
        await controlled.post("/faults", {"kind": "delay", "lane": "ODS", "seconds": 0})
        await until(events, "faults")
        await controlled.put("/switches/EmisSwitches.generation", {"value": "older"})
        await until(events, "switches", "EmisSwitches.generation")
        await controlled.post("/clock/move", {"seconds": 1})
        await until(events, "clock")
        await controlled.log_in("ada")
        told = await until(events, "outbox")
        told += await until(events, "login", "login-1")
        told += await until(events, "person", "ada")

    assert "linkage key rotated" == happened[-1]["happening"]["kind"]
    assert {"message", "person", "login"} <= {one["kind"] for one in told}
    assert sorted(one["number"] for one in told) == [one["number"] for one in told]
    assert all(one["message"]["operation"] for one in told if one["kind"] == "message")


async def test_who_was_away_goes_on_where_they_were(controlled: Controlled) -> None:
    """Last-Event-ID: nothing is missed; who comes with a number from elsewhere begins anew."""
    async with following(controlled) as events:
        await controlled.post("/clock/move", {"seconds": 1})
        number = (await until(events, "clock"))[-1]["number"]
    await controlled.post("/clock/freeze")
    await controlled.post("/clock/thaw")
    async with following(controlled, str(number)) as events:
        missed = [await anext(events), await anext(events)]
    async with following(controlled, str(number + 10_000)) as events:
        stranger = await anext(events)

    assert [(number + 1, "clock"), (number + 2, "clock")] == [(one["number"], one["kind"]) for one in missed]
    assert "begun" == stranger["kind"]


async def test_a_reset_is_told_to_whoever_listens(controlled: Controlled) -> None:
    """The same connection goes on in the next act."""
    async with following(controlled) as events:
        await controlled.post("/reset")
        await until(events, "begun")
        await controlled.post("/events/die", {"person": "gus"})
        await until(events, "happening", "gus")

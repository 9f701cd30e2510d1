"""The journal: what was said, by whom, how long it took."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from gpic.simulators.journal import Journal, Message, Told, Watched
from tests.unit.simulators.town import TODAY, Town

pytestmark = pytest.mark.anyio


def tell(
    journal: Journal, operation: str = "GET it", *, sender: str = "NHS login", person: str = "ada", ok: bool = True
) -> Message:
    """One more line."""
    return journal.append(journal.arrive(), Told(sender, "EMIS", operation, "200", ok, person))


def test_messages_are_numbered_and_stamped_with_both_clocks(town: Town) -> None:
    """The stamps are those of arrival."""
    town.future.move(timedelta(days=3))
    arrival = town.journal.arrive()
    town.wire.move(timedelta(seconds=9))
    first = town.journal.append(arrival, Told("a", "EMIS", "x", "200", ok=True))
    second = tell(town.journal)

    assert (1, 2) == (first.number, second.number)
    assert (TODAY, TODAY + timedelta(days=3)) == (first.at_wire, first.at_world)
    assert first.milliseconds >= 0


def test_calls_are_found_by_what_is_asked(town: Town) -> None:
    """Each criterion narrows."""
    journal = town.journal
    tell(journal)
    tell(journal, "POST it")
    tell(journal, sender="Partner")
    tell(journal, person="ben")
    tell(journal, ok=False)

    assert 5 == len(journal.calls("EMIS"))
    assert 0 == len(journal.calls("TPP"))
    assert [2] == [message.number for message in journal.calls("EMIS", operation="POST it")]
    assert [3] == [message.number for message in journal.calls("EMIS", sender="Partner")]
    assert [4] == [message.number for message in journal.calls("EMIS", person="ben")]
    assert [5] == [message.number for message in journal.calls("EMIS", ok=False)]
    assert 4 == len(journal.calls("EMIS", ok=True))


def test_listeners_hear_every_message_until_they_stop(town: Town) -> None:
    """The console lives on this."""
    heard: list[int] = []
    stop = town.journal.subscribe(lambda message: heard.append(message.number))
    tell(town.journal)
    stop()
    tell(town.journal)

    assert [1] == heard


def test_a_cleared_journal_goes_on_counting(town: Town) -> None:
    """Numbers are never used twice; `after` reads on from one."""
    tell(town.journal)
    town.journal.clear()
    tell(town.journal)
    tell(town.journal)

    assert [2, 3] == [message.number for message in town.journal.list()]
    assert [3] == [message.number for message in town.journal.list(after=2)]


def test_the_oldest_messages_go_first(town: Town) -> None:
    """The journal does not grow without end."""
    journal = Journal(town.clocks, most=2)
    for _ in range(3):
        tell(journal)

    assert [2, 3] == [message.number for message in journal.list()]


async def say(request: Request) -> Response:
    """Says back what came in, or fails."""
    if request.url.path == "/crash":
        raise RuntimeError("on purpose")
    return PlainTextResponse(await request.body()) if request.method == "POST" else PlainTextResponse("no", 404)


def describe(scope: Scope) -> tuple[str, str] | None:
    """Everything but the quiet path."""
    return None if scope["path"] == "/quiet" else ("Browser", f"{scope['method']} {scope['path']}")


async def test_any_role_can_be_watched(town: Town) -> None:
    """Status, sender and operation; bodies pass; nothing for what is not described; a crash is a 500."""
    app = Watched(
        Starlette(routes=[Route(path, say, methods=["GET", "POST"]) for path in ("/it", "/quiet", "/crash")]),
        town.journal,
        "Partner",
        describe,
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://partner.test") as client:
        echoed = await client.post("/it", content=b"body")
        await client.get("/it")
        await client.get("/quiet")
        with pytest.raises(RuntimeError):
            await client.get("/crash")

    assert b"body" == echoed.content
    assert [
        ("Browser", "Partner", "POST /it", "200", True),
        ("Browser", "Partner", "GET /it", "404", False),
        ("Browser", "Partner", "GET /crash", "500", False),
    ] == [(line.sender, line.receiver, line.operation, line.outcome, line.ok) for line in town.journal.list()]

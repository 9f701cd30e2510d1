"""Medicus by the provisional contract: what we send, what we make of each answer, and how access is kept (G7)."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from gpic.gp_systems.medicus import refusals
from gpic.gp_systems.rows import Answer as Meaning
from gpic.gp_systems.rows import Row
from gpic.nhs.answers import (
    Accepted,
    AlreadyLinked,
    Found,
    GpSession,
    Linked,
    NoAccount,
    Opened,
    Reason,
    Refused,
    Rejected,
    SessionOpened,
    ShownPatient,
    Silence,
    Unexpected,
    Unreachable,
)
from gpic.nhs.clock import MovableClock
from gpic.nhs.credentials import Im1Token
from gpic.nhs.secret import Secret
from tests.unit.gp_systems.medicus_tenant import (
    DETAILS,
    GRANTED,
    MADE,
    MEDICUS_DETAILS,
    NOW,
    SECRETS,
    SESSION,
    TOKEN,
    ask,
    medicus,
)
from tests.unit.gp_systems.persons import ADA, NUMBER, PRACTICE
from tests.unit.line import Answer, Json, Line, said

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "medicus-contract.md").read_text(encoding="utf-8")
SHOWN = ShownPatient(frozenset({NUMBER}), ADA)
GOOD: dict[str, tuple[httpx2.Response, type]] = {
    "retrieve": (said(200, DETAILS), Found),
    "open_account": (said(201, MADE), Opened),
    "link": (said(201, {"token": "mdt-Zt5kQ0"}), Linked),
    "open_session": (said(201, SESSION), SessionOpened),
}
TABLES = {
    "retrieve": refusals.FIND,
    "open_account": refusals.MAKE,
    "link": refusals.TOKEN,
    "check": refusals.SESSION,
    "open_session": refusals.SESSION,
}


@pytest.mark.parametrize("call", GOOD)
async def test_requests_are_those_of_the_page(call: str) -> None:
    """The contract's worked examples, word for word; the practice is the tenant."""
    line = Line(GRANTED, GOOD[call][0])
    assert isinstance(await ask(call, medicus(line)), GOOD[call][1])

    _, asked = line.asked
    path = asked.url.path.removeprefix("/medicus").replace("/a12345/", "/c99901/")
    example = re.search(rf"POST {path}\n(.*)\n\n(\d+) (.*)\n", PAGE)
    assert example is not None
    assert json.loads(example[1]) == json.loads(asked.content)
    assert (int(example[2]), json.loads(example[3])) == (GOOD[call][0].status_code, json.loads(GOOD[call][0].content))
    assert ("POST", "application/json", "Bearer access-1", "uuid-1") == (
        asked.method,
        asked.headers["content-type"],
        asked.headers["authorization"],
        asked.headers["x-request-id"],
    )


async def test_answers_are_made_of_the_replies() -> None:
    """Details with the practice that was asked; our token with the account (N10); a session that shows its patient (N2)."""
    assert Found(MEDICUS_DETAILS) == await ask("verify_anew", medicus(Line(GRANTED, said(200, DETAILS))))
    assert Opened(TOKEN, MEDICUS_DETAILS) == await ask("open_account", medicus(Line(GRANTED, said(201, MADE))))
    assert Linked(TOKEN) == await ask("link", medicus(Line(GRANTED, said(201, {"token": "mdt-Zt5kQ0"}))))
    assert Accepted(SHOWN) == await ask("check", medicus(Line(GRANTED, said(201, SESSION), said(204, b""))))


async def test_a_session_is_opened_and_ended() -> None:
    """R5: by its id in a header, at its tenant; a check leaves none behind."""
    line = Line(GRANTED, said(201, SESSION), said(204, b""))
    system = medicus(line)
    opened = await system.open_session(TOKEN, PRACTICE)

    assert isinstance(opened, SessionOpened)
    assert SHOWN == opened.shown
    await system.end_session(opened.session)
    last = line.asked[-1]
    assert ("DELETE", "/medicus/a12345/session", "mds-77aa", b"") == (
        last.method,
        last.url.path,
        last.headers["x-session-id"],
        last.content,
    )


@pytest.mark.parametrize(
    "handle", ["", "{}", "[", '{"tenant":"../x","sessionId":"s"}', '{"tenant":"a12345","sessionId":"a\\nb"}']
)
async def test_a_handle_that_is_none_of_ours_goes_nowhere(handle: str) -> None:
    """It names neither another path nor another header."""
    line = Line(GRANTED)
    await medicus(line).end_session(GpSession("medicus", Secret(handle)))
    await medicus(line).end_session(GpSession("tpp", Secret('{"tenant":"a12345","sessionId":"s"}')))

    assert [] == line.asked


#: The page's meanings in our words; on `session` a lock and a bad field are the token's end, on `token` a bad secret is.
MEANINGS: dict[int, Meaning] = {
    101: Refused(Reason.PRACTICE_UNKNOWN),
    102: Refused(Reason.PRACTICE_NOT_LIVE),
    103: Refused(Reason.ONLINE_SERVICES_OFF),
    104: Refused(Reason.APPLICATION_REFUSED),
    201: Refused(Reason.NOT_REGISTERED),
    202: Refused(Reason.UNDER_AGE),
    203: Refused(Reason.ARCHIVED),
    204: Refused(Reason.SEVERAL_RECORDS),
    205: Refused(Reason.STATUS_NOT_VALID),
    206: Refused(Reason.NOT_PDS_MATCHED),
    207: Refused(Reason.DEMOGRAPHICS_DIFFER),
    301: NoAccount(),
    302: Refused(Reason.ACCOUNT_EXISTS),
    303: Rejected(Reason.ACCOUNT_UNKNOWN),
    304: Rejected(Reason.KEY_INVALID),
    305: AlreadyLinked(),
    306: Refused(Reason.LOCKED),
    307: Rejected(Reason.TOKEN_INVALID),
    901: Refused(Reason.MALFORMED),
}
SECRETS_FAULT: dict[tuple[str, int, str], Meaning] = {
    ("link", 901, "accountId"): Rejected(Reason.MALFORMED),
    ("link", 901, "linkageKey"): Rejected(Reason.MALFORMED),
    ("check", 306, ""): Rejected(Reason.LOCKED),
    ("check", 901, ""): Rejected(Reason.TOKEN_INVALID),
}


@pytest.mark.parametrize("call", ["retrieve", "open_account", "link", "check"])
def test_every_code_means_what_the_page_says(call: str) -> None:
    """N11, N13: only a secret that is at fault itself is rejected."""
    for row in TABLES[call]:
        assert row.code is not None
        assert SECRETS_FAULT.get((call, row.code, row.words), MEANINGS[row.code]) == row.answer


@pytest.mark.parametrize(("call", "row"), [(call, row) for call, rows in TABLES.items() for row in rows])
async def test_every_refusal_is_told_after_one_question(call: str, row: Row[Meaning]) -> None:
    """N11, N13: line by line; the secret that was rejected is not presented again."""
    body = {"code": row.code, "message": "hT7q-Lm2x-9KcR is wrong", "field": row.words or "familyName"}
    line = Line(GRANTED, said(row.status or 0, body))

    answer = await ask(call, medicus(line))

    assert row.answer == answer
    assert 2 == len(line.asked)
    assert "hT7q" not in repr(answer)


def test_the_adapters_tables_are_the_pages() -> None:
    """Every line of the contract's table of refusals, call by call, and none beside them."""
    columns = ("retrieve", "open_account", "link", "check")
    found = {call: {(row.status, row.code) for row in TABLES[call]} for call in columns}
    told: dict[str, set[tuple[int, int]]] = {call: set() for call in columns}
    for line in re.findall(r"^\| (\d{3}) \| (\d{3}) \|[^|]*\|(.*)\|$", PAGE, re.MULTILINE):
        for call, mark in zip(columns, line[2].split("|"), strict=True):
            if mark.strip():
                told[call].add((int(line[0]), int(line[1])))

    assert told == found


@pytest.mark.parametrize(
    ("call", "reply", "code"),
    [
        ("retrieve", said(200, {}), "medicus-find-incomplete"),
        ("retrieve", said(200, DETAILS | {"linkageKey": " "}), "medicus-find-incomplete"),
        ("retrieve", said(201, DETAILS), "medicus-find-201"),
        ("retrieve", said(404, b"<html>"), "medicus-find-404"),
        ("open_account", said(201, DETAILS), "medicus-make-incomplete"),
        ("open_account", said(403, {"code": True}), "medicus-make-403"),
        ("link", said(201, {"token": "a b"}), "medicus-token-incomplete"),
        ("link", said(403, {"code": 777}), "medicus-token-403-777"),
        ("link", said(404, {"code": 304}), "medicus-token-404-304"),
        ("check", said(201, SESSION | {"sessionId": ""}), "medicus-session-id"),
        ("check", said(201, SESSION | {"patient": None}), "medicus-session-no-number"),
        ("check", said(201, SESSION | {"patient": {"nhsNumber": "9990001112"}}), "medicus-session-no-number"),
    ],
)
async def test_what_nobody_described_throws_nothing_away(call: str, reply: httpx2.Response, code: str) -> None:
    """N2, N12: half an answer is none, and a code counts with its own status only."""
    assert Unexpected(code) == await ask(call, medicus(Line(GRANTED, reply)))


@pytest.mark.parametrize(
    "trouble", [httpx2.ReadTimeout(""), said(429, {"code": 304}), said(500, b""), said(503, {"code": 307})]
)
@pytest.mark.parametrize("call", TABLES)
async def test_no_answer_is_unreachable(call: str, trouble: Answer) -> None:
    """N12: whatever code stands in a 5xx, and asked once."""
    line = Line(GRANTED, trouble)

    assert isinstance(await ask(call, medicus(line)), Unreachable)
    assert 2 == len(line.asked)


async def test_access_is_asked_for_with_client_credentials() -> None:
    """RFC 6749 §2.3.1, §4.4: by HTTP Basic, both parts form-encoded first."""
    line = Line(GRANTED, said(200, DETAILS))
    await ask("retrieve", medicus(line))

    asked = line.asked[0]
    assert ("POST", "/medicus/oauth2/token", b"grant_type=client_credentials") == (asked.method, asked.url.path, asked.content)
    kind, _, pair = asked.headers["authorization"].partition(" ")
    assert ("Basic", "riverside+%26+co:sandbox-only%3A+20%2551") == (kind, base64.b64decode(pair).decode())


async def test_access_is_kept_until_it_ends() -> None:
    """And not used in its last half minute."""
    clock, line = MovableClock(NOW), Line(GRANTED, said(200, DETAILS), said(200, DETAILS), GRANTED, said(200, DETAILS))
    system = medicus(line, clock)
    for step in (timedelta(), timedelta(seconds=569), timedelta(seconds=1)):
        clock.move(step)
        assert isinstance(await ask("retrieve", system), Found)

    assert ["token", "find", "find", "token", "find"] == [path.rpartition("/")[2] for path in line.paths]


async def test_an_access_token_that_is_not_taken_is_replaced_once() -> None:
    """A 401 comes before the body is read: nobody has judged the patient's secret, so it goes out once more, and not twice."""
    line = Line(GRANTED, said(401, b""), GRANTED, said(201, {"token": "mdt-Zt5kQ0"}))
    assert isinstance(await ask("link", medicus(line)), Linked)
    assert 4 == len(line.asked)

    line = Line(GRANTED, said(401, {"code": 304}), GRANTED, said(401, {"code": 304}))
    assert Unreachable() == await ask("link", medicus(line))
    assert 4 == len(line.asked)


async def test_callers_of_one_moment_share_one_access_token() -> None:
    """And one failure: nobody waits for the others' turns."""
    line = Line(GRANTED, *[said(200, DETAILS)] * 5)
    system = medicus(line)
    answers = await asyncio.gather(*(ask("retrieve", system) for _ in range(5)))
    assert [Found(MEDICUS_DETAILS)] * 5 == answers
    assert 1 == sum(path.endswith("token") for path in line.paths)

    line = Line(said(503, b"", Retry_After="7"))
    system = medicus(line)
    answers = await asyncio.gather(*(ask("retrieve", system) for _ in range(5)))
    assert [Unreachable(timedelta(seconds=7))] * 5 == answers
    assert 1 == len(line.asked)


async def test_a_caller_who_gives_up_takes_nothing_from_the_others() -> None:
    """Cancelled while access was fetched: the fetch goes on for the rest."""
    line = Line(GRANTED, said(200, DETAILS))
    system = medicus(line)
    first, second = (asyncio.create_task(ask("retrieve", system)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()

    assert Found(MEDICUS_DETAILS) == await second


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (said(401, {"error": "invalid_client"}), Refused(Reason.APPLICATION_REFUSED)),
        (said(400, {"error": "unauthorized_client"}), Refused(Reason.APPLICATION_REFUSED)),
        (said(500, b""), Unreachable()),
        (said(429, b""), Unreachable()),
        (said(200, b"{}"), Unexpected("medicus-access-200")),
        (said(200, {"access_token": "a\nb"}), Unexpected("medicus-access-200")),
        (said(302, b"", Location="https://elsewhere.test"), Unexpected("medicus-access-302")),
        (httpx2.ConnectError(""), Unreachable()),
    ],
)
@pytest.mark.parametrize("call", TABLES)
async def test_without_access_nothing_is_asked(call: str, reply: Answer, answer: object) -> None:
    """Neither key nor token goes out, and neither is blamed."""
    line = Line(reply)

    assert answer == await ask(call, medicus(line))
    assert 1 == len(line.asked)


@pytest.mark.parametrize("expires_in", [0, -5, 10, 10**30])
async def test_a_strange_life_is_bounded(expires_in: int) -> None:
    """None or less: the token serves its call and the next fetches another; never longer than an hour."""
    clock = MovableClock(NOW)
    granted = said(200, {"access_token": "access-1", "expires_in": expires_in})
    line = Line(granted, said(200, DETAILS), granted, said(200, DETAILS))
    system = medicus(line, clock)
    first = await ask("retrieve", system)
    clock.move(timedelta(hours=1))

    assert isinstance(first, Found | Silence)
    assert isinstance(await ask("retrieve", system), Found | Silence)
    assert 2 == sum(path.endswith("token") for path in line.paths) or isinstance(first, Silence)


@pytest.mark.parametrize("text", ["", "a b", "a\r\nb", "é"])
async def test_an_unreadable_token_is_not_presented(text: str) -> None:
    """Nor is another supplier's."""
    line = Line(GRANTED)

    assert Rejected(Reason.TOKEN_INVALID) == await medicus(line).check(Im1Token("medicus", Secret(text)), PRACTICE)
    assert Rejected(Reason.TOKEN_INVALID) == await medicus(line).open_session(Im1Token("emis", TOKEN.text), PRACTICE)
    assert [] == line.asked


@pytest.mark.parametrize(
    ("call", "body"), [("retrieve", DETAILS), ("open_account", MADE), ("link", MADE), ("open_session", SESSION)]
)
async def test_nothing_secret_is_shown(call: str, body: Json, caplog: pytest.LogCaptureFixture) -> None:
    """Neither logs at any level nor reprs hold a secret, a number or a name."""
    caplog.set_level(logging.DEBUG)
    system = medicus(Line(GRANTED, said(200 if call == "retrieve" else 201, body)))
    answer = await ask(call, system)

    assert isinstance(answer, Found | Opened | Linked | SessionOpened)
    assert [] == [secret for secret in SECRETS if secret in f"{caplog.text} {answer!r} {system!r}"]

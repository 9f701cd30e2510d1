"""The one way out: deadlines, bounds, silence, and logs that name nobody."""

from __future__ import annotations

import asyncio
import gzip
import logging
import ssl
from datetime import timedelta

import httpx2
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from gpic.nhs.answers import Silence, Unexpected, Unreachable
from gpic.outbound import (
    LARGEST_BODY,
    LONGEST_PAUSE,
    Pause,
    Reply,
    Timeouts,
    ask,
    no_answer,
    open_client,
    persist,
    retry_after,
    templated,
    trust,
)
from tests.unit.line import RESPONSES, Line, said

NUMBER = "9990001111"


def reply(status: int = 200, **headers: str) -> Reply:
    """A reply without a body."""
    return Reply(status, httpx2.Headers({name.replace("_", "-"): value for name, value in headers.items()}), b"")


async def ask_line(line: Line) -> Reply | Silence:
    """One question over this line."""
    async with line.client() as client:
        return await ask(client, client.build_request("GET", f"Patient/{NUMBER}"))


@pytest.mark.anyio
async def test_an_answer_comes_back_whole() -> None:
    """Status, headers and body of what arrived."""
    answer = await ask_line(Line(said(418, b"tea", X_Kind="pot")))

    assert isinstance(answer, Reply)
    assert (418, b"tea", "pot") == (answer.status, answer.body, answer.headers["x-kind"])


@pytest.mark.parametrize(
    "trouble",
    [
        httpx2.ConnectError("no"),
        httpx2.ReadTimeout("slow"),
        httpx2.RemoteProtocolError("what"),
        httpx2.DecodingError("not gzip"),
        ssl.SSLError("alert certificate required"),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
@pytest.mark.anyio
async def test_trouble_on_the_way_is_a_value(trouble: Exception) -> None:
    """N12: whatever the transport raises is Unreachable, named by its kind and nothing else."""
    assert Unreachable(detail=type(trouble).__name__) == await ask_line(Line(trouble))
    assert type(trouble).__name__ == getattr(await ask_line(Line(trouble)), "detail", None)


@pytest.mark.anyio
async def test_a_drip_of_bytes_does_not_hold_the_caller() -> None:
    """The answer's time counts in all, not from byte to byte."""

    class Drip(httpx2.AsyncByteStream):
        async def __aiter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204
            while True:
                await asyncio.sleep(0.005)
                yield b"."

    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Drip()))
    patience = Timeouts(answer=timedelta(seconds=0.05))
    async with open_client("https://gp.test", transport=transport, timeouts=patience) as client:
        answer = await ask(client, client.build_request("GET", "slow"))

    assert isinstance(answer, Unreachable)
    assert "timeout" == answer.detail


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.anyio
async def test_a_body_beyond_all_measure_is_not_read(packed: bool) -> None:  # noqa: FBT001
    """A bomb, packed or plain, is an answer that nobody has described."""
    body = b" " * (LARGEST_BODY + 1)
    bomb = said(200, gzip.compress(body), Content_Encoding="gzip") if packed else said(200, body)

    assert Unexpected("body-too-large") == await ask_line(Line(bomb))


@pytest.mark.anyio
async def test_a_body_of_just_that_size_is_read() -> None:
    """The bound itself is allowed."""
    answer = await ask_line(Line(said(200, b" " * LARGEST_BODY)))

    assert isinstance(answer, Reply)
    assert LARGEST_BODY == len(answer.body)


@pytest.mark.anyio
async def test_redirects_are_not_followed_and_cookies_not_kept() -> None:
    """Nobody sends our secrets elsewhere, and no patient's cookie goes with another's request."""
    line = Line(said(302, b"", Location="https://elsewhere.test/", Set_Cookie="sid=patient-1; Path=/"))
    async with line.client() as client:
        for _ in range(2):
            await ask(client, client.build_request("GET", "x"))

    assert ["gp.test", "gp.test"] == [request.url.host for request in line.asked]
    assert [None, None] == [request.headers.get("cookie") for request in line.asked]


@pytest.mark.parametrize(
    "noise", [b"", b"\x00\xff\x16\x03", b"HTTP/1.1 2000 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
@pytest.mark.anyio
async def test_no_http_at_all_is_no_answer(noise: bytes) -> None:
    """N12: a peer that hangs up or speaks something else is Unreachable."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(noise)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, open_client(f"http://127.0.0.1:{port}") as client:
        assert isinstance(await ask(client, client.build_request("GET", "x")), Unreachable)


@given(RESPONSES)
def test_no_response_makes_it_raise(response: httpx2.Response) -> None:
    """Whatever arrives is a Reply or Silence."""
    assert isinstance(asyncio.run(ask_line(Line(response))), Reply | Unreachable | Unexpected)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_not_now_is_no_answer(status: int) -> None:
    """N12: these say nothing about account or secret."""
    assert Unreachable(timedelta(seconds=7)) == no_answer(reply(status, Retry_After="7"))


@pytest.mark.parametrize("status", [200, 201, 204, 302, 400, 401, 403, 404, 409])
def test_other_statuses_are_answers(status: int) -> None:
    """A plain refusal is for the adapter's tables."""
    assert no_answer(reply(status)) is None


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("0", timedelta()),
        ("30", timedelta(seconds=30)),
        ("999999", LONGEST_PAUSE),
        ("9" * 5000, None),
        ("-1", None),
        ("²", None),
        ("", None),
        ("soon", None),
        ("Mon, 01 Jan 2035 00:00:40 GMT", timedelta(seconds=40)),
        ("Sun, 31 Dec 2034 00:00:00 GMT", timedelta()),
        ("Mon, 01 Jan 2036 00:00:00 GMT", LONGEST_PAUSE),
    ],
)
def test_retry_after_is_read_and_bounded(text: str, pause: timedelta | None) -> None:
    """Seconds, or a date beside the server's own date; never below nothing, never above a quarter of an hour."""
    headers = httpx2.Headers([(b"Retry-After", text.encode()), (b"Date", b"Mon, 01 Jan 2035 00:00:00 GMT")])

    assert pause == retry_after(Reply(429, headers, b""))


def test_a_date_alone_says_nothing() -> None:
    """Without the server's own date, a date is not measured against our clock."""
    assert retry_after(reply(429, Retry_After="Mon, 01 Jan 2035 00:00:40 GMT")) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_retry_after_is_out_of_bounds(text: str, date: str) -> None:
    """Whatever the header says, the pause is between nothing and the longest."""
    headers = httpx2.Headers([(b"Retry-After", text.encode()), (b"Date", date.encode())])
    pause = retry_after(Reply(503, headers, b""))

    assert pause is None or timedelta() <= pause <= LONGEST_PAUSE


@pytest.mark.anyio
async def test_logs_name_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The client library's lines, at any level, hold neither NHS number nor session."""
    caplog.set_level(logging.DEBUG)
    line = Line(said(200, b"{}", suid="very-secret-session"))
    async with line.client("https://pds.test/personal-demographics/FHIR/R4") as client:
        await ask(client, client.build_request("GET", f"Patient/{NUMBER}", params={"userPatientLinkToken": "UPL-77aa"}))

    assert "https://pds.test/personal-demographics/FHIR/R4/Patient/…?…" in caplog.text
    assert NUMBER not in caplog.text
    assert "UPL-77aa" not in caplog.text


@pytest.mark.anyio
async def test_the_wire_log_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG the transport would print response headers, and TPP's session id is one of them."""
    caplog.set_level(logging.DEBUG)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nsuid: very-secret-session\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, open_client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client:
        assert isinstance(await ask(client, client.build_request("GET", "x")), Reply)

    assert "httpcore2.connection" in {record.name for record in caplog.records}
    assert "very-secret-session" not in caplog.text


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.test/b/c", "https://a.test/b/c"),
        ("https://a.test:8/Patient/9990001111", "https://a.test:8/Patient/…"),
        ("https://a.test/x?y=9990001111", "https://a.test/x?…"),
        ("https://a.test/FHIR/R4/", "https://a.test/FHIR/R4/"),
    ],
)
def test_urls_are_shown_as_templates(url: str, shown: str) -> None:
    """The way is kept, what may identify somebody is not."""
    assert shown == templated(httpx2.URL(url))


def test_a_reply_does_not_show_its_body() -> None:
    """A body may hold a linkage key."""
    assert "Reply(200)" == repr(Reply(200, httpx2.Headers({"suid": "x"}), b"kT4m9XqZ2bLp"))


@pytest.mark.parametrize("body", [b"", b'"\xff"', b"[1]", b'{"a": "text"}', b"9" * 5000])
def test_a_body_that_is_something_else_reads_as_none(body: bytes) -> None:
    """Neither bytes nor types of a foreign body make reading fail."""
    assert Reply(200, httpx2.Headers(), body).read(dict[str, int]) is None


def test_a_body_that_is_too_deep_reads_as_none() -> None:
    """A hundred thousand brackets are no reply."""
    assert Reply(200, httpx2.Headers(), b"[" * 100_000).read(list[object]) is None


@pytest.mark.anyio
async def test_the_environment_sends_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy variable that somebody set would see every patient."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, open_client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client:
        assert isinstance(await ask(client, client.build_request("GET", "x")), Reply)


@pytest.mark.anyio
async def test_persistence_ends_with_the_first_outcome_that_is_good() -> None:
    """Asked again while it is worth while, and no further."""
    outcomes = iter([1, 2, 3, 4])

    async def attempt() -> int:
        return next(outcomes)

    with stamina.set_testing(True, attempts=9, cap=True):
        assert 3 == await persist(attempt, lambda outcome: outcome < 3, attempts=9, patience=timedelta(seconds=9))
    assert [4] == list(outcomes)


@pytest.mark.parametrize("pause", [True, timedelta()])
@pytest.mark.anyio
async def test_persistence_is_bounded(pause: Pause) -> None:
    """The last outcome counts when the attempts are used up."""
    outcomes = iter([1, 2, 3, 4])

    async def attempt() -> int:
        return next(outcomes)

    with stamina.set_testing(True, attempts=9, cap=True):
        assert 3 == await persist(attempt, lambda _: pause, attempts=3, patience=timedelta(seconds=9))


@pytest.mark.anyio
async def test_persistence_hides_no_bug() -> None:
    """Only outcomes are asked for again; an exception is a bug and crashes."""

    async def attempt() -> int:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        await persist(attempt, lambda _: True, attempts=3, patience=timedelta(seconds=1))


def test_we_trust_nobody_who_cannot_prove_it() -> None:
    """Our TLS checks names and certificates, and speaks nothing older than 1.2."""
    context = trust()

    assert (True, ssl.CERT_REQUIRED, ssl.TLSVersion.TLSv1_2) == (
        context.check_hostname,
        context.verify_mode,
        context.minimum_version,
    )

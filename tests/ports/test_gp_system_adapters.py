"""The contract of both `GpSystem` ports, for every adapter: it answers in declared values, whatever the other end does."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpic.credentials import ports as engine
from gpic.nhs.answers import GpSession, Rejected, Silence
from gpic.nhs.credentials import Im1Token
from gpic.nhs.secret import Secret
from gpic.outbound import LARGEST_BODY
from gpic.relying_party import ports as partner
from tests.ports.gp_conversations import QUESTIONS, SPEAKERS, Speaker
from tests.unit.gp_systems.persons import PRACTICE, SECRETS
from tests.unit.line import Line

pytestmark = pytest.mark.anyio

every_speaker = pytest.mark.parametrize("speaker", SPEAKERS, ids=lambda one: one.supplier)
every_question = pytest.mark.parametrize("question", QUESTIONS)
Damage = Callable[[httpx2.Response], httpx2.Response]


def is_declared(answer: object, question: str) -> bool:
    """Whether the port names such an answer."""
    return isinstance(answer, QUESTIONS[question][0])


def body_of(response: httpx2.Response) -> bytes:
    """The body of a double's reply."""
    return response.content


def with_body(response: httpx2.Response, body: bytes) -> httpx2.Response:
    """The same reply with another body."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return httpx2.Response(response.status_code, headers=headers, content=body)


def with_header(response: httpx2.Response, name: str, value: bytes) -> httpx2.Response:
    """The same reply with one more header, which may lie."""
    headers = [*response.headers.raw, (name.encode(), value)]
    return httpx2.Response(response.status_code, headers=headers, stream=httpx2.ByteStream(body_of(response)))


def deep(marks: tuple[bytes, bytes]) -> Damage:
    """A body a hundred thousand levels deep."""
    opening, closing = marks
    return lambda response: with_body(response, opening * 100_000 + b"1" + closing * 100_000)


#: Whole classes of damage, one of each kind; hypothesis makes up the rest below.
DAMAGE: dict[str, Damage] = {
    "nothing": lambda one: with_body(one, b""),
    "spaces": lambda one: with_body(one, b" \r\n\t"),
    "null": lambda one: with_body(one, b"null"),
    "a text": lambda one: with_body(one, b'"text"'),
    "a number": lambda one: with_body(one, b"7"),
    "a list": lambda one: with_body(one, b"[" + body_of(one) + b"]"),
    "another root": lambda one: with_body(one, b"<html><body>It works!</body></html>"),
    "no bytes of any text": lambda one: with_body(one, bytes(range(256))),
    "bytes before it": lambda one: with_body(one, b"\x00" + body_of(one)),
    "bytes after it": lambda one: with_body(one, body_of(one) + b"\xff"),
    "twice": lambda one: with_body(one, body_of(one) * 2),
    "half": lambda one: with_body(one, body_of(one)[: len(body_of(one)) // 2]),
    "all but one byte": lambda one: with_body(one, body_of(one)[:-1]),
    "upside down": lambda one: with_body(one, body_of(one)[::-1]),
    "another charset": lambda one: with_body(one, b"\xfe\xff" + body_of(one).decode().encode("utf-16-be")),
    "a charset that lies": lambda one: with_header(one, "Content-Type", b"application/json; charset=utf-7"),
    "an encoding that lies": lambda one: with_header(one, "Content-Encoding", b"gzip"),
    "huge": lambda one: with_body(one, body_of(one) + b" " * LARGEST_BODY),
    "deep JSON": deep((b"[", b"]")),
    "deep objects": deep((b'{"AccountId":', b"}")),
    "deep XML": deep((b"<a>", b"</a>")),
    "an entity bomb": lambda one: with_body(
        one, b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><LinkAccountReply accountId="&c;"/>'
    ),
    "an entity from a file": lambda one: with_body(
        one, b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><LinkAccountReply accountId="1" passphrase="&b;"/>'
    ),
}


@every_speaker
@every_question
async def test_a_question_that_is_answered_succeeds(speaker: Speaker, question: str) -> None:
    """The conversations that are damaged below are good ones."""
    adapter = speaker.adapter(Line(*speaker.replies[question]()))

    assert QUESTIONS[question][1] is type(await speaker.ask(adapter, question))


@every_speaker
def test_an_adapter_serves_both_ports(speaker: Speaker) -> None:
    """The engine's and the kit's, one object."""
    adapter = speaker.adapter(Line(httpx2.Response(503)))
    for_the_engine: engine.GpSystem = adapter
    for_the_partner: partner.GpSystem = adapter

    assert [adapter, adapter] == [for_the_engine, for_the_partner]


@pytest.mark.parametrize("damage", DAMAGE)
@every_question
@every_speaker
async def test_no_damage_makes_an_adapter_raise_or_blame(speaker: Speaker, question: str, damage: str) -> None:
    """N12, N13: whichever reply of a conversation is damaged, the answer is declared, and no secret is rejected for it."""
    good = speaker.replies[question]()
    for place in range(len(good)):
        replies = list(speaker.replies[question]())
        replies[place] = DAMAGE[damage](replies[place])
        adapter = speaker.adapter(Line(*replies))

        answer = await speaker.ask(adapter, question)

        outcome = type(answer)
        assert issubclass(outcome, Silence) or outcome is QUESTIONS[question][1], (damage, place, answer)


@pytest.mark.parametrize("damage", ["huge", "deep JSON", "half", "nothing", "a number"])
@every_speaker
async def test_what_matters_most_is_not_read_from_half_a_reply(speaker: Speaker, damage: str) -> None:
    """A key or token out of a broken reply is none."""
    for question in ("retrieve", "open_account", "link"):
        replies = list(speaker.replies[question]())
        replies[-1] = DAMAGE[damage](replies[-1])

        assert isinstance(await speaker.ask(speaker.adapter(Line(*replies)), question), Silence)


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """The body after some cuts, insertions and replacements; or, where it is JSON, with values of other types."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 20)))
        body = (
            body[:start]
            + draw(st.binary(max_size=6) | st.sampled_from([b"null", b'"', b"<", b"{", b"&#0;", b"]]>"]))
            + body[end:]
        )
    return body


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.lists(st.integers(), max_size=2)


@st.composite
def retyped(draw: st.DrawFn, body: bytes) -> bytes:
    """JSON whose values have other types, at any depth; anything else as it was."""

    def other(value: object) -> object:
        if draw(st.integers(0, 2)) == 0:
            return draw(VALUES)
        if isinstance(value, dict):
            return {name: other(inner) for name, inner in value.items()}
        return [other(inner) for inner in value] if isinstance(value, list) else value

    try:
        return json.dumps(other(json.loads(body))).encode("utf-8", "surrogatepass")
    except ValueError:
        return body


@every_question
@every_speaker
@settings(max_examples=40)
@given(draw=st.data(), status=st.none() | st.integers(200, 599))
def test_no_reply_however_malformed_makes_an_adapter_raise(
    speaker: Speaker, question: str, draw: st.DataObject, status: int | None
) -> None:
    """Bytes and types changed in one reply of a good conversation: one of the declared answers comes back."""
    replies = list(speaker.replies[question]())
    place = draw.draw(st.integers(0, len(replies) - 1))
    body = body_of(replies[place])
    body = draw.draw(damaged(body) | retyped(body))
    replies[place] = with_body(replies[place], body)
    replies[place].status_code = status or replies[place].status_code

    # Drawn outside of the loop: what ends a draw would end the loop that all tests share.
    answer = asyncio.run(speaker.ask(speaker.adapter(Line(*replies)), question))

    assert isinstance(answer, QUESTIONS[question][0])


@every_speaker
@given(text=st.text(max_size=40), supplier=st.sampled_from(["emis", "tpp", "medicus", "other"]))
async def test_no_token_and_no_session_makes_an_adapter_raise(speaker: Speaker, text: str, supplier: str) -> None:
    """§5: what was stored as a token is presented, or refused before any call; a session ends as well as it goes."""
    line = Line(httpx2.Response(503))
    adapter = speaker.adapter(line)
    token = Im1Token(supplier, Secret(text))

    for answer in (await adapter.check(token, PRACTICE), await adapter.open_session(token, PRACTICE)):
        assert isinstance(answer, Rejected | Silence)
        assert isinstance(answer, Rejected) or supplier == speaker.supplier
    await adapter.end_session(GpSession(supplier, Secret(text)))


@every_question
@every_speaker
async def test_whatever_goes_wrong_nothing_secret_is_shown(
    speaker: Speaker, question: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The supplier quotes what we sent; neither log nor answer repeats it."""
    caplog.set_level(logging.DEBUG)
    words = " ".join(SECRETS)
    body = {"Message": words, "message": words, "field": words, "InternalResponseCode": -7777, "code": 7777}
    error = f'<Error errorCode="7777" userFriendlyMessage="{" ".join(SECRETS[2:6])}"/>'
    for place in range(len(speaker.replies[question]())):
        for refusal in (httpx2.Response(400, json=body), httpx2.Response(200, content=error.encode())):
            replies = list(speaker.replies[question]())
            replies[place] = refusal
            answer = await speaker.ask(speaker.adapter(Line(*replies)), question)

            assert is_declared(answer, question)
            everything = f"{caplog.text} {answer!r} {getattr(answer, 'code', '')} {getattr(answer, 'detail', '')}"
            assert [] == [secret for secret in SECRETS if secret in everything]

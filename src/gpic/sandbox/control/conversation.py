"""What was said: messages, logins, diagrams, the outbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from msgspec import Meta, Struct

from gpic.sandbox.control import shapes
from gpic.sandbox.control.desk import Desk
from gpic.sandbox.control.told import letter_told, login_told, message_told
from gpic.sandbox.diagram import masking, svg, text
from gpic.sandbox.diagram.logins import Login
from gpic.sandbox.diagram.meaning import meaning_of
from gpic.simulators.exchanges import Exchange
from gpic.simulators.journal import Message


class MessageUnknown(KeyError):
    """There is no message of this number, or it is so old that it was forgotten."""

    def __str__(self) -> str:
        return str(self.__doc__)


class LoginUnknown(KeyError):
    """There is no login of this id, or it is so old that it was forgotten."""

    def __str__(self) -> str:
        return str(self.__doc__)


class MessagesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which messages; what is left out does not matter."""

    after: int = 0
    person: str = ""
    sender: str = ""
    receiver: str = ""
    operation: str = ""
    login: str = ""
    ok: bool | None = None
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 1_000


class OpenedQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether headers and bodies show what they hold."""

    reveal: bool = False


class LettersQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose letters; empty: everybody's."""

    person: str = ""


class DiagramQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one login, or of everything after a message; as text lanes or in Mermaid's words."""

    login: str = ""
    after: int = 0
    person: str = ""
    format: Annotated[str, Meta(pattern="^(text|mermaid)$")] = "text"


class PictureQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one login, or of everything after a message."""

    login: str = ""
    after: int = 0
    person: str = ""


class LoginsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose logins; empty: everybody's."""

    person: str = ""


async def messages(desk: Desk, _: Mapping[str, str], query: MessagesQuery) -> shapes.Messages:
    """The journal, in the order of answers, from the first that fits."""
    found = [
        told for one in desk.stage.journal.list(after=query.after) if _fits(told := message_told(desk.watching, one), query)
    ]
    page = found[: query.limit]
    everything = desk.stage.journal.list()
    newest = everything[-1].number if everything else 0
    return shapes.Messages(messages=page, last=page[-1].number if len(page) < len(found) else max(newest, query.after))


def _fits(told: shapes.Message, query: MessagesQuery) -> bool:
    wanted = ("person", "sender", "receiver", "operation", "login")
    alike = all(not (value := getattr(query, name)) or value == getattr(told, name) for name in wanted)
    return alike and query.ok in {None, told.ok}


async def opened(desk: Desk, path: Mapping[str, str], query: OpenedQuery) -> shapes.Opened:
    """One message with its headers and bodies. Raises MessageUnknown."""
    message = _message(desk, path["number"])
    told = message_told(desk.watching, message)
    exchange, reveal = desk.stage.journal.exchange(message.number), query.reveal
    there = exchange or Exchange("", "", "", ())
    return shapes.Opened(
        message=told,
        says=meaning_of(told.sender, told.receiver, told.operation).sentence,
        revealed=reveal,
        kept=exchange is not None,
        method=there.method,
        path=there.path if reveal else told.operation.partition(" ")[2],
        query=masking.query_of(there, reveal=reveal),
        headers=_headers(masking.headers_of(there.headers, reveal=reveal)),
        body=masking.body_of(there.headers, there.body, reveal=reveal),
        status=there.status,
        answer_headers=_headers(masking.headers_of(there.answer_headers, reveal=reveal)),
        answer=masking.body_of(there.answer_headers, there.answer, reveal=reveal),
        cut=there.cut,
    )


def _headers(pairs: tuple[tuple[str, str], ...]) -> list[shapes.Header]:
    return [shapes.Header(name=name, value=value) for name, value in pairs]


def _message(desk: Desk, number: str) -> Message:
    wanted = int(number) if number.isascii() and number.isdigit() else 0
    found = next((one for one in desk.stage.journal.list(after=wanted - 1) if one.number == wanted), None)
    if found is None:
        raise MessageUnknown(number)
    return found


async def logins(desk: Desk, _: Mapping[str, str], query: LoginsQuery) -> list[shapes.Login]:
    """Every login, the oldest first."""
    found = [one for one in desk.watching.logins.all() if query.person in {"", one.person}]
    return [login_told(one, desk.name_of(one.client_id)) for one in found]


async def diagram(desk: Desk, _: Mapping[str, str], query: DiagramQuery) -> str:
    """The conversation, drawn. Raises LoginUnknown."""
    draw: Callable[..., str] = text.mermaid if query.format == "mermaid" else text.drawn
    return draw(_wanted(desk, query), desk.watching.remarks_on)


async def picture(desk: Desk, _: Mapping[str, str], query: PictureQuery) -> str:
    """The conversation as SVG. Raises LoginUnknown."""
    return svg.picture(_wanted(desk, query), desk.watching.remarks_on)


def _wanted(desk: Desk, query: DiagramQuery | PictureQuery) -> tuple[Message, ...]:
    watching = desk.watching
    told = watching.messages_of(_login(desk, query.login)) if query.login else _all(desk)
    return tuple(
        one
        for one in told
        if one.number > query.after and query.person in {"", one.person, _person_of(watching.logins.of(one.number))}
    )


def _all(desk: Desk) -> tuple[Message, ...]:
    return tuple(desk.watching.as_told(one) for one in desk.stage.journal.list())


def _login(desk: Desk, login_id: str) -> Login:
    found = desk.watching.logins.named(login_id)
    if found is None:
        raise LoginUnknown(login_id)
    return found


def _person_of(login: Login | None) -> str:
    return login.person if login is not None else ""


async def letters(desk: Desk, _: Mapping[str, str], query: LettersQuery) -> list[shapes.Letter]:
    """The outbox (G2), the oldest letter first."""
    return [letter_told(one) for one in desk.stage.world.outbox if query.person in {"", one.person}]


async def notes(desk: Desk) -> list[shapes.Note]:
    """What NHS login wrote to people, the oldest first."""
    return [
        shapes.Note(channel=to.channel.value, to=to.address, subject=letter.subject, text=letter.text)
        for to, letter in desk.stage.nhs_login.post.kept
    ]

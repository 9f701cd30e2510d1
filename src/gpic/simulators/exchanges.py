"""What goes over the wire with one request, whole: it holds secrets and is shown only to whoever runs the sandbox."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

#: Bytes of a body that are kept.
LONGEST_BODY: Final = 16 * 1024

Headers = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Exchange:
    """A request and its answer. It is there as soon as the request is, and fills as the answer goes out."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes = field(default=b"", repr=False)
    status: int = 0  #: 0: no answer yet, or none at all
    answer_headers: Headers = field(default=(), repr=False)
    answer: bytes = field(default=b"", repr=False)
    cut: bool = False  #: a body was longer than what is kept
    notes: list[str] = field(default_factory=list)  #: what somebody on the way has remarked

    def __repr__(self) -> str:
        return f"Exchange({self.method}, {self.status})"


_CURRENT: ContextVar[Exchange | None] = ContextVar("gpic_exchange", default=None)


def current() -> Exchange | None:
    """The exchange that is going on in this task."""
    return _CURRENT.get()


class Overheard:
    """An application whose exchanges are kept for as long as their journal keeps them. Bodies pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and listen."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), _text(scope["headers"]))

        async def hearing() -> AsgiMessage:
            message = await receive()
            if message["type"] == "http.request":
                exchange.body = _more(exchange, exchange.body, message.get("body", b""))
            return message

        async def sending(message: AsgiMessage) -> None:
            if message["type"] == "http.response.start":
                exchange.status, exchange.answer_headers = int(message["status"]), _text(message.get("headers", ()))
            elif message["type"] == "http.response.body":
                exchange.answer = _more(exchange, exchange.answer, message.get("body", b""))
            await send(message)

        token = _CURRENT.set(exchange)
        try:
            await self._app(scope, hearing, sending)
        finally:
            _CURRENT.reset(token)


def _more(exchange: Exchange, body: bytes, chunk: bytes) -> bytes:
    exchange.cut = exchange.cut or len(body) + len(chunk) > LONGEST_BODY
    return (body + chunk)[:LONGEST_BODY]


def _text(headers: list[tuple[bytes, bytes]] | tuple[()]) -> Headers:
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)

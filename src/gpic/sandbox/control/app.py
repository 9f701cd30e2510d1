"""The control API over HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from gpic.sandbox.control.asked import LARGEST_BODY, Asked, AskedWrongly, Operation
from gpic.sandbox.control.desk import Desk
from gpic.sandbox.control.guard import API, Guard
from gpic.sandbox.control.openapi import document
from gpic.sandbox.control.operations import OPERATIONS
from gpic.sandbox.control.problems import EXPECTED, problem, refused
from gpic.sandbox.control.stream import Stream
from gpic.sandbox.script import CONTROL
from gpic.sandbox.theatre import Theatre

JSON: Final = "application/json"
NOTHING: Final = 204
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Control:
    """The API as it runs: its token, and what it works with."""

    address: str
    token: str
    desk: Desk


@contextlib.asynccontextmanager
async def control(theatre: Theatre, token: str, pages: tuple[BaseRoute, ...] = ()) -> AsyncIterator[Control]:
    """Open the control door while the block runs; *pages* are routes of a console, which needs no token to be read."""
    desk = Desk(theatre, Stream())
    theatre.each_act(desk.begin)
    address = theatre.ground.addresses.control
    port = urlsplit(theatre.ground.local.control).port or 0
    afar = theatre.ground.script.reach.controlled_from_afar
    theatre.ground.doors[CONTROL].lead_to(Guard(control_app(desk, pages), address, port, token, afar))
    try:
        yield Control(address, token, desk)
    finally:
        desk.stream.close()


def control_app(desk: Desk, pages: tuple[BaseRoute, ...] = ()) -> ASGIApp:
    """Every operation, the stream and the document, without a guard."""
    routes = [
        Route(f"{API}/openapi.json", _document, methods=["GET"]),
        Route(f"{API}/stream", _stream(desk), methods=["GET"]),
        *(Route(f"{API}{one.path}", _endpoint(desk, one), methods=[one.method]) for one in OPERATIONS),
    ]
    return Starlette(routes=[*routes, *pages], exception_handlers={HTTPException: _told})


def _endpoint(desk: Desk, operation: Operation) -> Endpoint:
    async def answer(request: Request) -> Response:
        try:
            asked = Asked(request.path_params, dict(request.query_params), await _body(request))
            reply = await operation.work.run(desk, asked)
        except EXPECTED as failure:
            return refused(failure)
        if operation.status == NOTHING:
            return Response(status_code=NOTHING)
        body = reply.encode() if isinstance(reply, str) else msgspec.json.encode(reply)
        return Response(body, operation.status, media_type=operation.media)

    return answer


async def _body(request: Request) -> bytes:
    """The JSON body; raises AskedWrongly."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                raise AskedWrongly(f"A body has at most {LARGEST_BODY} bytes.")
    except ClientDisconnect:
        raise AskedWrongly("The body broke off.") from None
    if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise AskedWrongly(f"A body is {JSON}.")
    return bytes(body)


def _stream(desk: Desk) -> Endpoint:
    async def follow(request: Request) -> Response:
        last = request.headers.get("last-event-id", "")
        after = int(last) if last.isascii() and last.isdigit() else None
        return StreamingResponse(desk.stream.events(after), media_type="text/event-stream")

    return follow


async def _document(_: Request) -> Response:
    return Response(msgspec.json.encode(document()), media_type=JSON)


async def _told(_: Request, failure: Exception) -> Response:
    """What Starlette itself refuses: no such path, no such method."""
    if not isinstance(failure, HTTPException):
        raise failure
    return problem(failure.status_code, f"{failure.detail}.", failure.headers)

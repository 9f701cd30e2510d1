"""Somebody who stands between a service and those whom it speaks with, and changes what is said, for one check at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from gpic.sandbox.rehearsal import Rehearsals

AUTHORIZE: Final = "/authorize"
TOKEN: Final = "/token"  # noqa: S105 - a path
USERINFO: Final = "/userinfo"
DISCOVERY: Final = "/.well-known/openid-configuration"
JWKS: Final = "/.well-known/jwks.json"
HALTED: Final = "<!doctype html><title>Halted</title><h1>The examination holds this login here</h1>"
OK: Final = 200

Alter = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Change:
    """What is said otherwise. *bodies* are answers of status 200, by path; *query* is that of a request to /authorize."""

    bodies: Mapping[str, Alter] = field(default_factory=dict)
    query: Callable[[str], str] | None = None
    halts: bool = False  #: nobody gets further than to /authorize


@dataclass(slots=True)
class Between:
    """An application in front of another. It changes nothing until it is told to."""

    app: ASGIApp
    change: Change = field(default_factory=Change)
    halted: list[str] = field(default_factory=list)  #: the queries of requests to /authorize that were held
    struck: int = 0  #: answers that were changed
    paths: list[str] = field(default_factory=list)  #: everything that was asked for while something was changed

    @contextlib.contextmanager
    def changing(self, change: Change) -> Iterator[None]:
        """Change this while the block runs, and count from 0."""
        self.change, self.struck, self.halted, self.paths = change, 0, [], []
        try:
            yield
        finally:
            self.change = Change()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, changed or not."""
        change, path = self.change, scope.get("path", "")
        if scope["type"] != "http" or change == Change():
            await self.app(scope, receive, send)
            return
        self.paths.append(path)
        if path == AUTHORIZE and change.halts:
            await self._hold(scope, receive, send)
            return
        if path == AUTHORIZE and change.query is not None:
            scope = {**scope, "query_string": change.query(scope["query_string"].decode("latin-1")).encode()}
        alter = change.bodies.get(path)
        if alter is None:
            await self.app(scope, receive, send)
            return
        await self._altered(alter, scope, receive, send)

    async def _hold(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        self.halted.append((scope["query_string"] or body).decode("latin-1"))
        await HTMLResponse(HALTED)(scope, receive, send)

    async def _altered(self, alter: Alter, scope: Scope, receive: Receive, send: Send) -> None:
        said: dict[str, AsgiMessage] = {}
        body = bytearray()

        async def hearing(message: AsgiMessage) -> None:
            said.setdefault(message["type"], message)
            body.extend(message.get("body", b""))

        await self.app(scope, receive, hearing)
        begun = said["http.response.start"]
        told = bytes(body)
        if begun["status"] == OK:
            told, self.struck = alter(told), self.struck + 1
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in begun["headers"]}
        headers.pop("content-length", None)
        await Response(told, begun["status"], headers)(scope, receive, send)


@contextlib.contextmanager
def between(server: Rehearsals, role: str) -> Iterator[Between]:
    """In front of "provider" or "tpp" while the block runs."""
    door = server.theatre.ground.doors[role]
    behind = door.leads_to
    standing = Between(behind)
    door.lead_to(standing)
    try:
        yield standing
    finally:
        door.lead_to(behind)

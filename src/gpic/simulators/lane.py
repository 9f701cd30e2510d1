"""The one way in and out of every stand-in: body limit, faults, journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import anyio
import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gpic.simulators.faults import SPOILING, Fault, Faults, Kind
from gpic.simulators.journal import Journal, Told
from gpic.simulators.spoiling import broken_off, without

MOST_BYTES: Final = 64 * 1024
HUNG_UP: Final = "http.disconnect"


@dataclass(slots=True)
class Call:
    """What the journal will say of a call; whoever answers fills in the person."""

    sender: str
    operation: str
    person: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is sent. *status* 0 means that the connection ends without one."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    ok: bool = True
    outcome: str = ""  #: where there is no status to tell
    note: str = ""  #: an error's code

    def response(self) -> Response:
        """As Starlette sends it."""
        return Response(self.body, self.status, dict(self.headers)) if self.status else _CutOff()


def json_reply(status: int, body: object, *, ok: bool = True, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer."""
    return Reply(
        status, msgspec.json.encode(body), {"content-type": "application/json; charset=utf-8", **(headers or {})}, ok=ok
    )


SILENCE: Final = Reply(0, ok=False, outcome="timeout")
CUT_OFF: Final = Reply(0, ok=False, outcome="reset")

Work = Callable[[bytes], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Lane:
    """One stand-in's lane of the journal. *failing* makes an answer of a failing status in that system's own way."""

    name: str
    journal: Journal
    faults: Faults
    failing: Callable[[int], Reply]
    catch_up: Callable[[], None] = lambda: None  #: the world tells what others should have heard by now
    refusing: Callable[[int, int, str], Reply] | None = None  #: a status with the system's own code and words

    async def serve(
        self, request: Request, describe: Callable[[bytes], Call], work: Callable[[Call, bytes], Awaitable[Reply]]
    ) -> Response:
        """Read, describe, strike or work, write down, answer."""
        arrival = self.journal.arrive()
        self.catch_up()
        body = await read(request)
        call = describe(body or b"")
        if body is None:
            reply = self.failing(413)
        else:
            reply = await self._answered(request, call, lambda: work(call, body))
        told = Told(
            call.sender,
            self.name,
            call.operation,
            reply.outcome or str(reply.status),
            reply.ok,
            call.person,
            notes(call, reply),
        )
        self.journal.append(arrival, told)
        return reply.response()

    async def _answered(self, request: Request, call: Call, work: Callable[[], Awaitable[Reply]]) -> Reply:
        struck = self.faults.strike(self.name, call.operation, call.sender)
        if struck:
            call.note = ", ".join(f"fault: {fault.kind}" for fault in struck)
        reply = await self._interrupted(request, [fault for fault in struck if not fault.after_work])
        if reply is None:
            reply = await work()
            reply = await self._interrupted(request, [fault for fault in struck if fault.after_work]) or reply
        return spoilt(reply, [fault for fault in struck if fault.kind in SPOILING]) if reply.status else reply

    def _failure(self, fault: Fault) -> Reply:
        if fault.code is not None and self.refusing is not None:
            return self.refusing(fault.status, fault.code, fault.message)
        return self.failing(fault.status)

    async def _interrupted(self, request: Request, faults: list[Fault]) -> Reply | None:
        for fault in faults:
            instead = await self._instead(request, fault)
            if instead is not None:
                return instead
        return None

    async def _instead(self, request: Request, fault: Fault) -> Reply | None:
        """What comes in the place of an answer, or None."""
        match fault.kind:
            case Kind.DELAY:
                await anyio.sleep(fault.seconds)
            case Kind.TIMEOUT:
                await say_nothing(request, fault.seconds)
                return SILENCE
            case Kind.RESET:
                return CUT_OFF
            case Kind.STATUS:
                return told_when_to_retry(self._failure(fault), fault.retry_after)
            case Kind.MALFORMED | Kind.EMPTY | Kind.MISSING_FIELD:
                pass
        return None


def notes(call: Call, reply: Reply) -> str:
    """What the journal adds to a call."""
    return "; ".join(note for note in (call.note, reply.note) if note)


async def read(request: Request) -> bytes | None:
    """The body, or None where it is larger than anything that a client sends."""
    chunks = bytearray()
    try:
        async for chunk in request.stream():
            chunks += chunk
            if len(chunks) > MOST_BYTES:
                return None
    except ClientDisconnect:
        return None
    return bytes(chunks)


async def say_nothing(request: Request, seconds: float) -> None:
    """Let the caller wait, but not longer than it wants to."""
    with anyio.move_on_after(seconds):
        while (await request.receive())["type"] != HUNG_UP:
            pass


def told_when_to_retry(reply: Reply, seconds: int | None) -> Reply:
    """The reply with a Retry-After header, where there is one to give."""
    return reply if seconds is None else replace(reply, headers={**reply.headers, "retry-after": str(seconds)})


def spoilt(reply: Reply, faults: list[Fault]) -> Reply:
    """The reply as these faults leave it."""
    for fault in faults:
        if fault.kind is Kind.EMPTY:
            reply = replace(reply, body=b"", ok=False)
        elif fault.kind is Kind.MALFORMED:
            reply = replace(reply, body=broken_off(reply.body), ok=False)
        else:
            kept = {name: value for name, value in reply.headers.items() if name.lower() != fault.missing.lower()}
            reply = replace(reply, body=without(reply.body, fault.missing), headers=kept, ok=False)
    return reply


class _CutOff(Response):
    """Promises a body and sends none: the server closes the connection, and the caller sees it break."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 -- as ASGI calls it
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})

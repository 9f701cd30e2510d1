"""TPP over HTTP: one URL, always POST, errors with 200."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gpic.simulators.faults import Faults
from gpic.simulators.journal import FIRST_FAILURE, Journal
from gpic.simulators.lane import Call, Lane, Reply
from gpic.simulators.sessions import Sessions
from gpic.simulators.tpp.documents import XML_TYPE, Document, error_reply, read_document
from gpic.simulators.tpp.errors import UNAVAILABLE, UNREADABLE, Refused, TppError
from gpic.simulators.tpp.operations import OPERATIONS, Tpp, Visit
from gpic.simulators.tpp.switches import Generation, TppSwitches
from gpic.simulators.world import World

LANE: Final = "TPP"
STRANGER: Final = "unknown provider"
ILLEGIBLE: Final = "unreadable"
OK: Final = 200
TOO_MANY: Final = 429
#: Where a stand-in is found: the real path is not public, stubs have the others (§3.1).
PATHS: Final = ("/", "/tpp", "/tpp/")


def tpp_app(
    world: World, journal: Journal, faults: Faults, switches: TppSwitches, *, providers: Mapping[str, str]
) -> Starlette:
    """The stand-in. *providers* names who sends a providerId: {"nhs-login-tpp": "NHS login"}.

    Client certificates are the server's matter, at the handshake.
    """
    sessions: Sessions[str] = Sessions(
        world.clocks.world, lambda: switches.session_lifetime, lambda: world.mint.opaque(length=64)
    )
    door = _Door(Tpp(world, switches, providers, sessions), Lane(LANE, journal, faults, failing, world.catch_up, refusing))
    return Starlette(routes=[Route(path, door.answer, methods=["POST"]) for path in PATHS])


def failing(status: int) -> Reply:
    """A failure of the machinery in front, without XML; with 200 TPP itself says that it is unavailable (§3.5)."""
    if status == OK:
        return error_reply(UNAVAILABLE, "", Generation.NEWER)
    return Reply(status, b"The service is unavailable.", {"content-type": "text/html"}, ok=False)


def refusing(status: int, code: int, message: str) -> Reply:
    """An error of TPP's own, which comes with 200 whatever the rule says about a status below 400."""
    reply = error_reply(TppError(code, message or UNAVAILABLE.message), "", Generation.NEWER)
    return replace(reply, status=status) if status >= FIRST_FAILURE else reply


@dataclass(frozen=True, slots=True)
class _Door:
    tpp: Tpp
    lane: Lane

    async def answer(self, request: Request) -> Response:
        """Any request."""
        read: list[Document | None] = []

        def describe(body: bytes) -> Call:
            read.append(read_document(body))
            return self._described(read[0], request.headers.get("suid", ""))

        async def work(call: Call, _: bytes) -> Reply:
            now = self.tpp.world.clocks.wire.now()
            if self.tpp.gate.refused_by(call.sender, self.tpp.switches.limits, now) is not None:
                return failing(TOO_MANY)
            return self._answered(read[0], request, call)

        return await self.lane.serve(request, describe, work)

    def _described(self, document: Document | None, suid: str) -> Call:
        """For the journal: in a session it is the session that tells whose call it is."""
        if document is None or document.root not in OPERATIONS:
            return Call(STRANGER, ILLEGIBLE)
        session = self.tpp.world.link_of(self.tpp.sessions.use(suid) or "") if suid else None
        provider = session.application if session is not None else document.provider
        return Call(self.tpp.providers.get(provider, STRANGER), document.operation)

    def _answered(self, document: Document | None, request: Request, call: Call) -> Reply:
        generation = self.tpp.switches.generation
        unreadable = replace(UNREADABLE, code=self.tpp.switches.unreadable_code)
        if document is None or not is_proper(document, request):
            return error_reply(unreadable, document["uuid"] if document is not None else "", generation)
        try:
            return OPERATIONS[document.root](self.tpp, Visit(document, call, request.headers.get("suid", "")))
        except Refused as refused:
            error = unreadable if refused.error is UNREADABLE else refused.error
            return error_reply(error, document["uuid"], generation)


def is_proper(document: Document, request: Request) -> bool:
    """Whether the headers say what the document is, and the document which version it speaks (§3.1)."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    named = request.headers.get("type") == document.root
    return named and document.root in OPERATIONS and content_type == XML_TYPE and bool(document.attributes.get("apiVersion"))

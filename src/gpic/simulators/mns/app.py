"""MNS over HTTP: its REST interface, and the subscriber's queue, which here is a feed over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gpic.simulators.faults import Faults
from gpic.simulators.journal import Journal, Told
from gpic.simulators.lane import Call, Lane, Reply, json_reply, read
from gpic.simulators.limits import Gate
from gpic.simulators.mns import subscriptions
from gpic.simulators.mns.exchange import Mns
from gpic.simulators.mns.queues import Letter, Queue
from gpic.simulators.mns.settings import MnsSettings
from gpic.simulators.token_server import Keys, TokenDoor, Tokens
from gpic.simulators.world import World

LANE: Final = "MNS"
BASE: Final = "/multicast-notification-service"
SUBSCRIPTIONS: Final = f"{BASE}/subscriptions"
SOMEBODY: Final = "NHS login"
UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
#: What SQS allows at most, in messages and in seconds.
MOST_AT_ONCE: Final = 10
LONGEST_POLL: Final = 20.0
Work = Callable[[str, Request, bytes], Reply]

LOOK_AGAIN: Final = 0.02  #: seconds between two looks into a queue that somebody waits at


def mns_app(
    world: World,
    journal: Journal,
    faults: Faults,
    settings: MnsSettings | None = None,
    *,
    clients: Mapping[str, Keys] | None = None,
    tokens: Tokens | None = None,
) -> Starlette:
    """The stand-in. *clients* are the public keys by API key and kid, or *tokens* a token server shared with others.

    `app.state.mns` is MNS itself: what is published, its queues, and `send` for anything at all.
    """
    settings = settings or MnsSettings()
    tokens = tokens or Tokens(clients or {}, world.clocks.wire, world.mint)
    lane = Lane(LANE, journal, faults, failing, world.catch_up)
    door = _Door(Mns(world, settings), tokens, lane, Gate())
    token_door = TokenDoor(tokens, lane, lambda: settings.public_url, lambda: settings.token_lifetime)
    app = Starlette(
        routes=[
            token_door.route(),
            Route(SUBSCRIPTIONS, door.many, methods=["GET", "POST"]),
            Route(SUBSCRIPTIONS + "/{id}", door.one, methods=["GET", "PUT", "DELETE"]),
            Route("/queues/{name}/receive", door.receive, methods=["POST"]),
            Route("/queues/{name}/take-off", door.take_off, methods=["POST"]),
            Route("/queues/{name}/refuse", door.refuse, methods=["POST"]),
        ]
    )
    app.state.mns, app.state.tokens = door.mns, tokens
    door.mns.listen()
    return app


class Refused(Exception):
    """MNS says no, in one of its several ways."""

    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        super().__init__(str(status))
        self.reply = json_reply(status, body, ok=False)


def failing(status: int) -> Reply:
    """A failure that is nobody's fault but MNS's own."""
    return json_reply(status, {"errors": "Internal Server Error"}, ok=False)


@dataclass(frozen=True, slots=True)
class _Door:
    mns: Mns
    tokens: Tokens
    lane: Lane
    gate: Gate

    async def many(self, request: Request) -> Response:
        """All of an application's subscriptions, or one more."""
        made = request.method == "POST"
        return await self._serve(request, "subscriptions", self._create if made else self._list)

    async def one(self, request: Request) -> Response:
        """One subscription; an id is templated wherever it is written down."""
        work = {"GET": self._show, "PUT": self._replace, "DELETE": self._delete}[request.method]
        return await self._serve(request, "subscriptions/…", work)

    async def _serve(self, request: Request, path: str, work: Work) -> Response:
        async def answered(_: Call, body: bytes) -> Reply:
            try:
                reply = work(self._admitted(request), request, body)
            except Refused as refused:
                reply = refused.reply
            mirrored = {"x-correlation-id": request.headers.get("x-correlation-id", "")}
            return Reply(reply.status, reply.body, {**reply.headers, **mirrored}, reply.ok, reply.outcome, reply.note)

        sender = self.mns.settings.names.get(self._holder(request) or "", SOMEBODY)
        return await self.lane.serve(request, lambda _: Call(sender, f"{request.method} {path}"), answered)

    def _holder(self, request: Request) -> str | None:
        scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
        return self.tokens.holder(token.strip()) if scheme.lower() == "bearer" else None

    def _admitted(self, request: Request) -> str:
        """The application's API key; raises Refused."""
        api_key, settings = self._holder(request), self.mns.settings
        if api_key is None:
            detail = {"errorcode": "oauth.v2.InvalidAccessToken"}
            raise Refused(401, {"fault": {"faultstring": "Invalid access token", "detail": detail}})
        if self.gate.refused_by(api_key, settings.limits, self.mns.world.clocks.wire.now()) is not None:
            raise Refused(429, {"errors": "Too many requests"})
        if api_key in settings.without_product:
            raise Refused(502, {"errors": "Bad Gateway"})
        if not request.headers.get("x-correlation-id", "").strip():
            raise Refused(400, {"validationErrors": {"X-Correlation-ID": "is required"}})
        return api_key

    def _create(self, api_key: str, _: Request, body: bytes) -> Reply:
        new = self._read(body, self.mns.world.mint.guid(), api_key)
        twin = next((one for one in self._all(api_key) if new.queue and same(one, new)), None)
        if twin is not None:
            raise Refused(409, {"errors": f"A matching SQS subscription already exists with id: {twin.id}"})
        self.mns.subscriptions[new.id] = new
        return json_reply(self.mns.settings.made_status, {"id": new.id})

    def _list(self, api_key: str, request: Request, _: bytes) -> Reply:
        every = sorted(self._all(api_key), key=lambda one: one.id)
        after = request.query_params.get("continue_from", "")
        rest = [one for one in every if one.id > after]
        page = rest[: self.mns.settings.page]
        bundle: dict[str, object] = {"resourceType": "Bundle", "type": "searchset", "total": len(every)}
        bundle["entry"] = [one.told() for one in page]
        if len(rest) > len(page):
            bundle["link"] = [{"relation": "next", "url": f"{SUBSCRIPTIONS}?continue_from={page[-1].id}"}]
        return json_reply(200, bundle)

    def _show(self, api_key: str, request: Request, _: bytes) -> Reply:
        return json_reply(200, self._found(api_key, request).told())

    def _replace(self, api_key: str, request: Request, body: bytes) -> Reply:
        there = self._found(api_key, request)
        new = self._read(body, there.id, api_key)
        self.mns.subscriptions[there.id] = new
        return Reply(204)

    def _delete(self, api_key: str, request: Request, _: bytes) -> Reply:
        del self.mns.subscriptions[self._found(api_key, request).id]
        return Reply(204)

    def _read(self, body: bytes, subscription_id: str, api_key: str) -> subscriptions.Subscription:
        try:
            new = subscriptions.read(body, subscription_id, api_key)
        except subscriptions.Invalid as invalid:
            raise Refused(400, {"validationErrors": invalid.errors}) from None
        if new.event_type in self.mns.settings.unpermitted:
            raise Refused(403, {"errors": "Unauthorised"})
        return new

    def _found(self, api_key: str, request: Request) -> subscriptions.Subscription:
        wanted = request.path_params["id"]
        if not UUID.fullmatch(wanted):
            raise Refused(400, {"validationErrors": {"id": "must be a UUID"}})
        found = self.mns.subscriptions.get(wanted)
        if found is None or found.api_key != api_key:
            raise Refused(404, {"errors": "Subscription not found"})
        return found

    def _all(self, api_key: str) -> list[subscriptions.Subscription]:
        return [one for one in self.mns.subscriptions.values() if one.api_key == api_key]

    async def receive(self, request: Request) -> Response:
        """Some messages, waiting for the first as long as is asked for. Only what is delivered is written down."""
        asked = await object_in(request)
        most = min(as_number(asked.get("most"), MOST_AT_ONCE), MOST_AT_ONCE)
        letters: list[Letter] = []
        with anyio.move_on_after(min(as_number(asked.get("wait"), 0), LONGEST_POLL)):
            # Time passes in the world without a bell, and whoever has hung up is not waited for.
            while not (letters := self._received(request, int(most))):
                if self.mns.is_closed or await request.is_disconnected():
                    break
                await anyio.sleep(LOOK_AGAIN)
        return JSONResponse({"messages": [{"body": one.body.decode(), "receipt": one.receipt} for one in letters]})

    def _received(self, request: Request, most: int) -> list[Letter]:
        self.mns.world.catch_up()
        self.mns.tick()
        letters = self._queue(request).receive(most)
        journal = self.lane.journal
        for letter in letters:
            note = "again" if letter.receives > 1 else ""
            told = Told(LANE, SOMEBODY, f"event {letter.type or 'unknown'}", "delivered", True, letter.person, note)  # noqa: FBT003 - the journal's line
            journal.append(journal.arrive(), told)
        return letters

    async def take_off(self, request: Request) -> Response:
        """Delete messages; which could not be."""
        queue = self._queue(request)
        receipts = receipts_in(await object_in(request))
        return JSONResponse({"failed": [one for one in receipts if not queue.take_off(one)]})

    async def refuse(self, request: Request) -> Response:
        """Set messages aside; which could not be."""
        queue = self._queue(request)
        receipts = receipts_in(await object_in(request))
        return JSONResponse({"failed": [one for one in receipts if not queue.refuse(one)]})

    def _queue(self, request: Request) -> Queue:
        return self.mns.queue(request.path_params["name"])


def same(one: subscriptions.Subscription, other: subscriptions.Subscription) -> bool:
    """A queue is subscribed to a type once."""
    return (one.endpoint, one.event_type) == (other.endpoint, other.event_type)


async def object_in(request: Request) -> Mapping[str, object]:
    """The body's JSON object; empty where it is none."""
    try:
        given = json.loads(await read(request) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def receipts_in(given: Mapping[str, object]) -> list[str]:
    """The receipts that were shown."""
    receipts = given.get("receipts")
    return [one for one in receipts if isinstance(one, str)] if isinstance(receipts, list) else []


def as_number(value: object, otherwise: float) -> float:
    """A number that is not negative."""
    return max(0.0, float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else float(otherwise)

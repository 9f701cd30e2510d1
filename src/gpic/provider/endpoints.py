"""The only file of this room that speaks HTTP: reads requests, calls the rooms, writes responses and headers."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gpic.provider.authorize.flow import Authorize
from gpic.provider.cookies import Cookies
from gpic.provider.discovery import Discovery
from gpic.provider.errors import (
    Refusal,
    TokenRefused,
    TokenRequestInvalid,
    Unaddressable,
    UserinfoRefused,
    UserinfoRequestInvalid,
)
from gpic.provider.headers import NEVER_KEPT, OPEN, PAGE_CONTENT, as_sent, keeping, security
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Pages
from gpic.provider.randomness import random_text
from gpic.provider.stages import AskUser, Interaction, RawRequest, Redirect
from gpic.provider.token.grants import Token
from gpic.provider.userinfo.bearer import unverified_token
from gpic.provider.userinfo.claims import Userinfo

LOG = logging.getLogger("gpic.provider")

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"
NEVER_KEPT_AS_SENT: Final = as_sent(NEVER_KEPT)
JSON_TYPE: Final = (b"content-type", b"application/json")
#: What stays as it is in a Location (RFC 3986 §2); everything else is percent-encoded.
RESERVED: Final = ":/%#?=@[]!$&'()*+,;"
SAFE: Final = re.compile(rf"[A-Za-z0-9_.~{re.escape(RESERVED)}-]*")
MOST_FIELDS: Final = 128
LONGEST_COOKIE: Final = 128

RawHeader = tuple[bytes, bytes]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Provider:
    """The protocol as a whole, without HTTP."""

    authorize: Authorize
    token: Token
    userinfo: Userinfo
    discovery: Discovery
    pages: Pages
    policy: ProviderPolicy


def routes(provider: Provider) -> list[Route]:
    """The protocol's endpoints; pages are `web`'s."""
    door = _Door(provider, Cookies.of(provider.policy))
    return [
        door.route("/authorize", door.authorize, "GET", "POST"),
        door.route("/authorize/{interaction_id}", door.authorize_kept, "GET"),
        door.route("/token", door.token, "POST"),
        door.route("/userinfo", door.userinfo, "GET", "POST"),
        door.route("/userinfo", door.change_userinfo, "PATCH"),
        door.route("/.well-known/openid-configuration", door.metadata, "GET"),
        door.route("/.well-known/oauth-authorization-server", door.metadata, "GET"),
        door.route("/.well-known/jwks.json", door.key_set, "GET"),
        door.route("/trustmark/{host}", door.trustmark, "GET"),
    ]


@dataclass(frozen=True, slots=True)
class Guarded:
    """An application whose every answer carries the headers that belong on it: pages, assets, 404, 405 and all."""

    app: ASGIApp
    policy: ProviderPolicy
    belonging: tuple[RawHeader, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "belonging", as_sent(security(self.policy)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete the headers of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def completing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"] = list(message.get("headers", ()))
                complete(headers, self.belonging)
                if not any(name.lower() == b"cache-control" for name, _ in headers):
                    headers += as_sent(keeping(scope["path"], message["status"]))
            await send(message)

        await self.app(scope, receive, completing)


def complete(headers: list[RawHeader], belonging: Sequence[RawHeader]) -> None:
    """Add what is missing; an answer with better ones keeps its own."""
    there = {name.lower() for name, _ in headers}
    headers += [one for one in belonging if one[0] not in there]


class Answer(Response):
    """An answer whose headers are made once for all of its kind; *kept* are such headers, as `as_sent` makes them."""

    def __init__(self, status: int, kept: Sequence[RawHeader], body: bytes = b"") -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [*kept, (b"content-length", str(len(body)).encode("ascii"))]


class Exact(Route):
    """A route of one path, which is found without looking for parameters; what it raises is for the application's handlers."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether it is this path, as Starlette asks."""
        if scope["type"] != "http" or scope["path"] != self.path or scope.get("root_path"):
            return super().matches(scope)
        found = Match.FULL if scope["method"] in (self.methods or ()) else Match.PARTIAL
        return found, {"endpoint": self.endpoint, "path_params": {}}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; another method is for Starlette to refuse."""
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(Request(scope, receive))
        await response(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Door:
    provider: Provider
    cookies: Cookies

    def route(self, path: str, endpoint: Endpoint, *methods: str) -> Route:
        """A route whose answers carry the security headers and whose refusals are shown where they may be."""

        async def answer(request: Request) -> Response:
            try:
                response = await endpoint(request)
            except Refusal as refusal:
                response = self._refused(refusal)
            complete(response.raw_headers, belonging)
            return response

        belonging = as_sent(security(self.provider.policy))
        route = (Route if "{" in path else Exact)(path, answer, methods=list(methods))
        # A HEAD would issue codes and release details that nobody reads.
        route.methods = set(methods)
        return route

    async def authorize(self, request: Request) -> Response:
        return await (self._by_form(request) if request.method == "POST" else self._by_query(request))

    async def _by_query(self, request: Request) -> Response:
        with _told_as(Unaddressable):
            raw = self._query(request)
        browser = self._cookie(request, self.cookies.browser) or random_text()
        outcome = await self.provider.authorize.begin(raw, self._cookie(request, self.cookies.session), browser)
        return self._onward(request, outcome, browser)

    async def _by_form(self, request: Request) -> Response:
        """Another site's form comes without our Lax cookies; the redirect brings them (`attacks-and-interop.md` 6)."""
        with _told_as(Unaddressable):
            raw = await self._form(request)
        match await self.provider.authorize.keep(raw):
            case Interaction(id=interaction_id):
                return _redirect(f"/authorize/{interaction_id}")
            case Redirect(location):
                return _redirect(location)

    async def authorize_kept(self, request: Request) -> Response:
        browser = self._cookie(request, self.cookies.browser) or random_text()
        session_id = self._cookie(request, self.cookies.session)
        outcome = await self.provider.authorize.take_up(request.path_params["interaction_id"], session_id, browser)
        return self._onward(request, outcome, browser)

    async def token(self, request: Request) -> Response:
        with _told_as(TokenRequestInvalid):
            raw = await self._form(request)
        reply = await self.provider.token.grant(raw)
        return _json(reply.fields())

    async def userinfo(self, request: Request) -> Response:
        with _told_as(UserinfoRequestInvalid):
            fields = self._query(request) + await self._form(request)
        is_sent_elsewhere = any(name == "access_token" for name, _ in fields)
        token = unverified_token(request.headers.getlist("authorization"), is_sent_elsewhere=is_sent_elsewhere)
        return _json(await self.provider.userinfo.answer(token))

    async def change_userinfo(self, request: Request) -> Response:
        with _told_as(UserinfoRequestInvalid):
            is_sent_elsewhere = any(name == "access_token" for name, _ in self._query(request))
        token = unverified_token(request.headers.getlist("authorization"), is_sent_elsewhere=is_sent_elsewhere)
        try:
            body = await self._body(request, JSON)
        except _Unreadable as error:
            raise UserinfoRequestInvalid(f"The body must be JSON: {error}") from error
        await self.provider.userinfo.change(token, body)
        return Response(status_code=204, headers=NEVER_KEPT)

    async def metadata(self, _request: Request) -> Response:
        return _json(self.provider.discovery.metadata(), headers=OPEN)

    async def key_set(self, _request: Request) -> Response:
        lifetime = int(self.provider.policy.key_lifetime_in_caches.total_seconds())
        return _json(self.provider.discovery.key_set(), headers={**OPEN, "Cache-Control": f"public, max-age={lifetime}"})

    async def trustmark(self, request: Request) -> Response:
        document = self.provider.discovery.trustmark(request.path_params["host"])
        return _json(document, headers=OPEN) if document is not None else Response(status_code=404)

    def _onward(self, request: Request, outcome: Redirect | AskUser, browser: str) -> Response:
        match outcome:
            case Redirect(location, new_session):
                return self._with_session(_redirect(location), new_session)
            case AskUser(interaction):
                response = _redirect(f"/interaction/{interaction.id}")
                if request.cookies.get(self.cookies.browser) != browser:
                    response.set_cookie(self.cookies.browser, browser, **self.cookies.attributes)
                return self._with_session(response, interaction.session_id if interaction.signed_in_here else "")

    def _with_session(self, response: Response, session_id: str) -> Response:
        """With the cookie of a session that began without a page; "" for none."""
        if session_id:
            response.set_cookie(self.cookies.session, session_id, **self.cookies.attributes)
        return response

    def _cookie(self, request: Request, name: str) -> str:
        value = request.cookies.get(name, "")
        return value if len(value) <= LONGEST_COOKIE else ""

    def _query(self, request: Request) -> RawRequest:
        return self._pairs(request.scope["query_string"])

    async def _form(self, request: Request) -> RawRequest:
        return self._pairs(await self._body(request, FORM))

    async def _body(self, request: Request, content_type: str) -> bytes:
        """The body, perhaps empty; reads no more bytes than the policy allows (`attacks-and-interop.md` 26)."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self.provider.policy.largest_form:
                raise _Unreadable("the body is too large")
        if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != content_type:
            raise _Unreadable(f"the content type is not {content_type}")
        return bytes(body)

    def _pairs(self, text: bytes) -> RawRequest:
        if len(text) > self.provider.policy.largest_form:
            raise _Unreadable("the query is too large")
        try:
            return tuple(parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS))
        except ValueError as error:
            raise _Unreadable("there are too many fields") from error

    def _refused(self, refusal: Refusal) -> Response:
        LOG.warning("refused", extra={"code": refusal.code, "detail": refusal.detail or refusal.sentence})
        match refusal:
            case TokenRefused():
                return _json(_error(refusal), refusal.status)
            case UserinfoRefused():
                challenge = {"WWW-Authenticate": _challenge(refusal)}
                return _json(_error(refusal), refusal.status, {**NEVER_KEPT, **challenge})
            case _:
                page = self.provider.pages.unaddressable(refusal.sentence)
                headers = {**NEVER_KEPT, "Content-Security-Policy": PAGE_CONTENT}
                return HTMLResponse(page, refusal.status, headers=headers)


class _Unreadable(Exception):
    """Too much, or not a form: refused before it is read."""


@contextmanager
def _told_as(refusal: type[Refusal]) -> Iterator[None]:
    """What cannot be read is told in the way of the endpoint that was called."""
    try:
        yield
    except _Unreadable as error:
        raise refusal(detail=str(error)) from error


def _redirect(location: str) -> Response:
    """303 even after a GET: no browser ever repeats a form with credentials at the partner's."""
    target = location if SAFE.fullmatch(location) else quote(location, safe=RESERVED)
    return Answer(303, (*NEVER_KEPT_AS_SENT, (b"location", target.encode("ascii"))))


def _json(document: object, status: int = 200, headers: Mapping[str, str] = NEVER_KEPT) -> Response:
    sent = NEVER_KEPT_AS_SENT if headers is NEVER_KEPT else as_sent(headers)
    return Answer(status, (*sent, JSON_TYPE), msgspec.json.encode(document))


def _error(refusal: Refusal) -> dict[str, str]:
    code = {"error": refusal.code} if refusal.code else {}
    return code | {"error_description": refusal.sentence}


def _challenge(refusal: UserinfoRefused) -> str:
    """RFC 6750 §3: without a token the challenge names no error."""
    if not refusal.code:
        return 'Bearer realm="userinfo"'
    return f'Bearer realm="userinfo", error="{refusal.code}", error_description="{refusal.sentence}"'

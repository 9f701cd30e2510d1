"""The only file of this room that speaks HTTP: reads requests, calls the rooms, writes responses and headers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

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
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Pages
from gpic.provider.randomness import random_text
from gpic.provider.stages import AskUser, Interaction, RawRequest, Redirect
from gpic.provider.token.grants import Token
from gpic.provider.userinfo.bearer import unverified_token
from gpic.provider.userinfo.claims import Userinfo

LOG = logging.getLogger("gpic.provider")

FORM: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 128
LONGEST_COOKIE: Final = 128
SECONDS_TO_KEEP_METADATA: Final = 300

#: On every answer (`attacks-and-interop.md` 7, 8).
SECURITY: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: A page shows our own styles, pictures and scripts, and has nothing to send.
PAGE_CONTENT: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
NEVER_KEPT: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
#: Metadata and keys are public, for scripts of any site, too (`attacks-and-interop.md` 28).
OPEN: Final = {"Cache-Control": f"public, max-age={SECONDS_TO_KEEP_METADATA}", "Access-Control-Allow-Origin": "*"}

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
        door.route("/.well-known/openid-configuration", door.metadata, "GET"),
        door.route("/.well-known/oauth-authorization-server", door.metadata, "GET"),
        door.route("/.well-known/jwks.json", door.key_set, "GET"),
        door.route("/trustmark/{host}", door.trustmark, "GET"),
    ]


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
            self._secure(response.headers)
            return response

        route = Route(path, answer, methods=list(methods))
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

    async def metadata(self, _request: Request) -> Response:
        return _json(self.provider.discovery.metadata(), headers=OPEN)

    async def key_set(self, _request: Request) -> Response:
        return _json(self.provider.discovery.key_set(), headers=OPEN)

    async def trustmark(self, request: Request) -> Response:
        document = self.provider.discovery.trustmark(request.path_params["host"])
        return _json(document, headers=OPEN) if document is not None else Response(status_code=404)

    def _onward(self, request: Request, outcome: Redirect | AskUser, browser: str) -> Response:
        match outcome:
            case Redirect(location):
                return _redirect(location)
            case AskUser(interaction):
                response = _redirect(f"/interaction/{interaction.id}")
                if request.cookies.get(self.cookies.browser) != browser:
                    response.set_cookie(self.cookies.browser, browser, **self.cookies.attributes)
                return response

    def _cookie(self, request: Request, name: str) -> str:
        value = request.cookies.get(name, "")
        return value if len(value) <= LONGEST_COOKIE else ""

    def _query(self, request: Request) -> RawRequest:
        return self._pairs(request.scope["query_string"])

    async def _form(self, request: Request) -> RawRequest:
        """The form's fields; reads no more bytes than the policy allows (`attacks-and-interop.md` 26)."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self.provider.policy.largest_form:
                raise _Unreadable("the form is too large")
        if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise _Unreadable("the content type is not that of a form")
        return self._pairs(bytes(body))

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
                return _json(_error(refusal), refusal.status, NEVER_KEPT | {"WWW-Authenticate": _challenge(refusal)})
            case _:
                page = self.provider.pages.unaddressable(refusal.sentence)
                headers = NEVER_KEPT | {"Content-Security-Policy": PAGE_CONTENT}
                return HTMLResponse(page, refusal.status, headers=headers)

    def _secure(self, headers: MutableHeaders) -> None:
        for name, value in SECURITY.items():
            headers.setdefault(name, value)
        if self.provider.policy.is_secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")


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
    return RedirectResponse(location, 303, headers=NEVER_KEPT)


def _json(document: object, status: int = 200, headers: Mapping[str, str] = NEVER_KEPT) -> Response:
    return Response(msgspec.json.encode(document), status, media_type="application/json", headers=dict(headers))


def _error(refusal: Refusal) -> dict[str, str]:
    code = {"error": refusal.code} if refusal.code else {}
    return code | {"error_description": refusal.sentence}


def _challenge(refusal: UserinfoRefused) -> str:
    """RFC 6750 §3: without a token the challenge names no error."""
    if not refusal.code:
        return 'Bearer realm="userinfo"'
    return f'Bearer realm="userinfo", error="{refusal.code}", error_description="{refusal.sentence}"'

"""Requests as they come and go: numbered for the log, counted by route template, traced. Paths and queries are kept nowhere."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from gpic.monitoring.metrics import LOGINS_REFUSED, REQUEST_SECONDS, REQUESTS
from gpic.monitoring.watch import Watch

NO_ROUTE: Final = "none"
METHODS: Final = frozenset({"GET", "POST", "PATCH", "HEAD", "OPTIONS"})
#: What we ever send back to a partner (OpenID Connect Core §3.1.2.6, RFC 6749 §4.1.2.1, `nhs-login.md` §8).
ERRORS: Final = frozenset(
    {
        "access_denied",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "sso_login_required",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    }
)


@dataclass(frozen=True, slots=True)
class WatchedRequests:
    """An application whose requests are watched."""

    app: ASGIApp
    watch: Watch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, answered = self.watch.elapsed(), _Answered()

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.note(message)
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "other"
        request_id = secrets.token_hex(8)
        with bound_contextvars(request_id=request_id), self.watch.spans.span(method, request_id=request_id) as span:
            try:
                await self.app(scope, receive, noting)
            finally:
                route = template_of(scope)
                span.note("route", route)
                span.note("status", answered.status)
                self.watch.meters.count(REQUESTS, method, route, str(answered.status))
                self.watch.meters.observe(REQUEST_SECONDS, self.watch.elapsed() - began, method, route)
                if answered.error:
                    self.watch.meters.count(LOGINS_REFUSED, answered.error)


class _Answered:
    """What is known of an answer; 500 until there is one."""

    def __init__(self) -> None:
        self.status = 500
        self.error = ""

    def note(self, start: Mapping[str, object]) -> None:
        self.status = int(str(start["status"]))
        headers = start.get("headers", ())
        if isinstance(headers, (list, tuple)):
            location = next((value.decode("latin-1") for name, value in headers if name.lower() == b"location"), "")
            self.error = error_in(location)


def error_in(location: str) -> str:
    """The error code that a redirect takes to a partner, "other" for one that we do not send, "" for none."""
    code = parse_qs(urlsplit(location).query).get("error", [""])[0] if "error=" in location else ""
    return code if code in ERRORS or not code else "other"


def template_of(scope: Mapping[str, object]) -> str:
    """`/interaction/{interaction_id}`: the path as the route has it; "none" where no route was found."""
    if "endpoint" not in scope:
        return NO_ROUTE
    path, parameters = str(scope.get("path", "")), scope.get("path_params")
    named = {str(value): str(name) for name, value in parameters.items()} if isinstance(parameters, dict) else {}
    for value, name in named.items():
        if "/" in value and path.endswith(f"/{value}"):  # what a mount takes is the whole rest
            path = f"{path.removesuffix(value)}{{{name}}}"
    return "/".join(f"{{{named[part]}}}" if part in named else part for part in path.split("/"))

"""Who may use the control API: whoever has the token, and whoever asks for it by its own name."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gpic.provider.policy import is_loopback
from gpic.sandbox.control.problems import problem

LOG: Final = logging.getLogger("gpic.sandbox")
LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
API: Final = "/api"
BEARER: Final = "bearer"
#: On every answer. There is no CORS: no other page may read anything here.
HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)


@dataclass(frozen=True, slots=True)
class Guard:
    """Stands before everything on the control port. A name that leads here through somebody's DNS is not ours (421)."""

    app: ASGIApp
    address: str  #: the public one
    port: int  #: where it listens
    token: str
    answers_afar: bool = False  #: also those who do not call from this machine

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in who may come in."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                raw = message.get("headers")
                there = list(raw) if isinstance(raw, list) else []
                message["headers"] = [*there, *(pair for pair in HEADERS if pair[0] not in {name for name, _ in there})]
            await send(message)

        caller = (scope.get("client") or ("",))[0]
        refusal = self._refusal(Headers(scope=scope), scope["path"], caller)
        if refusal is None:
            await self.app(scope, receive, sending)  # type: ignore[arg-type] # a dict is Starlette's MutableMapping
            return
        status, detail = refusal
        LOG.warning("refused", extra={"code": f"control-{status}", "detail": detail})
        headers = {"www-authenticate": 'Bearer realm="gpic sandbox"'} if status == 401 else {}  # noqa: PLR2004 - Unauthorized
        await problem(status, detail, headers)(scope, receive, sending)  # type: ignore[arg-type] # as above

    def _refusal(self, headers: Headers, path: str, caller: str) -> tuple[int, str] | None:
        if not self.answers_afar and not is_loopback(caller):
            return 403, "This API is for the machine that it runs on; start it with --remote-control to open it further."
        if headers.get("host", "").lower() not in self._hosts():
            return 421, "This sandbox is asked for by another name; start it with --public-url if it should have that name."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() not in self._hosts():
            return 403, "Pages of others may not use this API."
        if (path == API or path.startswith(f"{API}/")) and not self._has_token(headers):
            return 401, "The token that the sandbox printed when it started is missing, or it is another one."
        return None

    def _hosts(self) -> frozenset[str]:
        return frozenset({urlsplit(self.address).netloc.lower(), *(f"{name}:{self.port}" for name in LOOPBACK_NAMES)})

    def _has_token(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return scheme.lower() == BEARER and secrets.compare_digest(token.strip().encode(), self.token.encode())

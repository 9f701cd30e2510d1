"""The token server over HTTP. Each stand-in has its own door; what was bought at one opens the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gpic.simulators.lane import Call, Lane, Reply
from gpic.simulators.token_server.tokens import Tokens

TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 -- a path
SOMEBODY: Final = "NHS login"


@dataclass(frozen=True, slots=True)
class TokenDoor:
    """`POST /oauth2/token`. *public_url* is where callers find it; empty: as the request's own Host header says."""

    tokens: Tokens
    lane: Lane
    public_url: Callable[[], str]
    lifetime: Callable[[], timedelta]

    def route(self) -> Route:
        """As Starlette serves it."""
        return Route(TOKEN_PATH, self.answer, methods=["POST"])

    async def answer(self, request: Request) -> Response:
        """A token, or why there is none."""
        token_url = (self.public_url() or str(request.base_url).rstrip("/")) + TOKEN_PATH

        async def work(_: Call, body: bytes) -> Reply:
            return self.tokens.answer(body, token_url, self.lifetime())

        return await self.lane.serve(request, lambda _: Call(SOMEBODY, "POST oauth2/token"), work)

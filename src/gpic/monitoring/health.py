"""Whether a process lives, and whether it should be given work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

LOG: Final = logging.getLogger("gpic.monitoring")
PATIENCE: Final = 2.0  #: seconds in which the store must answer
UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class Health:
    """*ask_store* raises, or takes too long, where the store does not answer. Who sets *leaving* wants no more work."""

    ask_store: Callable[[], Awaitable[object]]
    leaving: asyncio.Event = field(default_factory=asyncio.Event)

    async def why_not_ready(self) -> str:
        """A stable word; "" when ready."""
        if self.leaving.is_set():
            return "leaving"
        try:
            async with asyncio.timeout(PATIENCE):
                await self.ask_store()
        except Exception as failure:  # noqa: BLE001 - whatever it is, nobody should be sent here
            LOG.warning("not ready: the store does not answer", extra={"detail": type(failure).__name__})
            return "store"
        return ""


def routes(health: Health) -> list[Route]:
    """`/health/live`: restart me where this does not answer. `/health/ready`: send me nobody while this is 503."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"status": "live"}, headers={"Cache-Control": "no-store"})

    async def ready(_request: Request) -> Response:
        why_not = await health.why_not_ready()
        told = {"status": "not ready", "because": why_not} if why_not else {"status": "ready"}
        return JSONResponse(told, UNAVAILABLE if why_not else 200, headers={"Cache-Control": "no-store"})

    return [Route("/health/live", live, methods=["GET"]), Route("/health/ready", ready, methods=["GET"])]

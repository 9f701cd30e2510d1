"""A process's own door: /metrics for Prometheus, /health for whoever starts and stops processes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gpic.monitoring.health import Health, routes
from gpic.monitoring.metrics import UP, Meters

LOG: Final = logging.getLogger("gpic.monitoring")
#: Looks something up for a reading, such as how long the queue is, and shows it.
Reading = Callable[[Meters], Awaitable[None]]


def door(meters: Meters, watch: Health, readings: tuple[Reading, ...] = ()) -> Starlette:
    """The application. What cannot be read is forgotten rather than shown as it was."""

    async def metrics(_request: Request) -> Response:
        up = True
        for reading in readings:
            try:
                await reading(meters)
            except Exception as failure:  # noqa: BLE001 - numbers must come though the store is away
                LOG.warning("a number could not be read", extra={"detail": type(failure).__name__})
                up = False
        meters.show(UP, float(up and await watch.why_not_ready() != "store"))
        return Response(generate_latest(meters.registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/metrics", metrics, methods=["GET"]), *routes(watch)])

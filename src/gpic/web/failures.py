"""What is shown when nothing else can be: no such page, and our own mistakes. An application is given `failures`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gpic.web import words
from gpic.web.rendering import Rendering

Failure = Callable[[Request, Exception], Awaitable[Response]]

SERVER_ERROR: Final = 500
#: Heading and sentence by status.
TOLD: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        404: ("Page not found", words.NO_SUCH_PAGE),
        405: ("This page cannot be used in that way", words.NO_SUCH_PAGE),
    }
)
OTHERWISE: Final = ("Sorry, there is a problem", words.PROBLEM)


def failures(rendering: Rendering) -> Mapping[type[Exception], Failure]:
    """What to do about what nobody caught, as Starlette's `exception_handlers`. A bug is still raised, for the log."""

    async def refused(_request: Request, refusal: Exception) -> Response:
        if not isinstance(refusal, HTTPException):
            raise refusal
        page = rendering.told(*TOLD.get(refusal.status_code, OTHERWISE), refusal.status_code)
        page.headers.update(refusal.headers or {})
        return page

    async def broken(_request: Request, _bug: Exception) -> Response:
        return rendering.told(*OTHERWISE, SERVER_ERROR)

    return MappingProxyType({HTTPException: refused, Exception: broken})

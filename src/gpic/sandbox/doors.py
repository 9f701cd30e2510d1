"""What the servers of a sandbox open on to: a role that can be replaced while its address stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

#: Who calls from outside; everybody else is called by these.
FRONT: Final = frozenset({"partner", "provider"})


class Door:
    """An application in front of another. While it is shut, whoever comes waits; who is inside goes on.

    What is asked for at the paths of *shown* is answered through a shut door: somebody inside may be waiting for whoever asks.
    """

    def __init__(self, shown: frozenset[str] = frozenset()) -> None:
        self._shown = shown
        self._app: ASGIApp | None = None
        self._open = asyncio.Event()
        self.inside = 0  #: requests under way

    @property
    def leads_to(self) -> ASGIApp:
        """What is behind it, so that something can be put in between; raises RuntimeError before it leads anywhere."""
        if self._app is None:
            raise RuntimeError("a door that was never opened leads nowhere")
        return self._app

    def lead_to(self, app: ASGIApp) -> None:
        """From now on to *app*; opens."""
        self._app = app
        self._open.set()

    def shut(self) -> None:
        """Let nobody in until it leads somewhere again."""
        self._open.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """In, as soon as it is open."""
        if self._app is not None and scope.get("path") in self._shown:
            await self._app(scope, receive, send)
            return
        await self._open.wait()
        if self._app is None:
            raise RuntimeError("an open door leads somewhere")
        self.inside += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.inside -= 1


async def emptied(doors: Iterable[Door], patience: float) -> bool:
    """Shut these and wait until nobody is inside, at most *patience* seconds; whether nobody is."""
    shut = tuple(doors)
    for door in shut:
        door.shut()
    try:
        async with asyncio.timeout(patience):
            while any(door.inside for door in shut):  # noqa: ASYNC110 - who leaves rings no bell
                await asyncio.sleep(0.005)
    except TimeoutError:
        return False
    return True

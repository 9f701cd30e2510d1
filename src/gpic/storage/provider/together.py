"""Units that are asked for at one moment, committed as one: a commit costs more than what most of them do."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from gpic.storage.provider.at_once import AtOnce, WouldWait

Result = TypeVar("Result")
Work = Callable[[Connection], object]
#: What a unit comes to, for whoever waits for it.
Waiting = tuple[Work, "asyncio.Future[object]"]


@dataclass(slots=True)
class Together:
    """Gathers the units of one turn of the event loop. Each still happens whole or not at all, and is answered once it is kept.

    *otherwise* takes a unit to a thread that may wait; *told* makes of what a driver raises what callers know.
    """

    at_once: AtOnce
    otherwise: Callable[[Work], concurrent.futures.Future[object]]
    told: Callable[[Callable[[], object]], object]
    _gathered: WeakKeyDictionary[asyncio.AbstractEventLoop, list[Waiting]] = field(default_factory=WeakKeyDictionary)

    async def unit(self, work: Callable[[Connection], Result]) -> Result:
        """What *work* returns, once it is committed; what it raises, once nothing of it is left."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[object] = loop.create_future()
        gathered = self._gathered.setdefault(loop, [])
        gathered.append((work, waiting))
        if len(gathered) == 1:
            loop.call_soon(self._carry_out, loop)
        return cast("Result", await waiting)

    def _carry_out(self, loop: asyncio.AbstractEventLoop) -> None:
        gathered = self._gathered.pop(loop)
        if len(gathered) == 1 or not self._as_one(gathered):
            for work, waiting in gathered:
                self._alone(work, waiting)

    def _as_one(self, gathered: Sequence[Waiting]) -> bool:
        """Whether they went together; where one fails nothing of any is kept, and each hears of its own by itself."""
        try:
            results = self.at_once.run(partial(_each, gathered), writes=True, units=len(gathered))
        except Exception:  # noqa: BLE001 - see above
            return False
        for (_, waiting), result in zip(gathered, results, strict=True):
            _give(waiting, result)
        return True

    def _alone(self, work: Work, waiting: asyncio.Future[object]) -> None:
        try:
            result = self.told(lambda: self.at_once.run(work, writes=True))
        except WouldWait:
            _pass_on(self.otherwise(work), waiting)
        except Exception as failure:  # noqa: BLE001 - whoever waits hears of it
            if not waiting.done():
                waiting.set_exception(failure)
        else:
            _give(waiting, result)


def _each(gathered: Sequence[Waiting], connection: Connection) -> list[object]:
    return [work(connection) for work, _ in gathered]


def _give(waiting: asyncio.Future[object], result: object) -> None:
    if not waiting.done():
        waiting.set_result(result)


def _pass_on(elsewhere: concurrent.futures.Future[object], waiting: asyncio.Future[object]) -> None:
    """What comes of a unit in another thread, to whoever waits for it here."""
    here = asyncio.wrap_future(elsewhere, loop=waiting.get_loop())

    def done(_: object) -> None:
        failure = here.exception()
        if waiting.done():
            return
        if failure is not None:
            waiting.set_exception(failure)
        else:
            waiting.set_result(here.result())

    here.add_done_callback(done)

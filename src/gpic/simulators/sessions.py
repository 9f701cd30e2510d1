"""Sessions that end when nobody uses them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from gpic.nhs.clock import Clock

T = TypeVar("T")


@dataclass(slots=True)
class _Kept(Generic[T]):
    value: T
    used_at: datetime


class Sessions(Generic[T]):
    """Values by session id; each use keeps one for another *lifetime* of *clock*."""

    def __init__(self, clock: Clock, lifetime: Callable[[], timedelta], new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._new_id = new_id
        self._kept: OrderedDict[str, _Kept[T]] = OrderedDict()  # the least recently used first

    def open(self, value: T) -> str:
        """Keep *value*; its session id."""
        self._sweep()
        session_id = self._new_id()
        self._kept[session_id] = _Kept(value, self._clock.now())
        return session_id

    def use(self, session_id: str) -> T | None:
        """The value, kept for longer now; None where the session ended or never was."""
        self._sweep()
        kept = self._kept.get(session_id)
        if kept is None:
            return None
        kept.used_at = self._clock.now()
        self._kept.move_to_end(session_id)
        return kept.value

    def rename(self, session_id: str) -> str:
        """Another id for a session that is open; the one before ends. Raises KeyError."""
        kept = self._kept.pop(session_id)
        renamed = self._new_id()
        self._kept[renamed] = kept
        return renamed

    def close(self, session_id: str) -> None:
        """End it."""
        self._kept.pop(session_id, None)

    def _sweep(self) -> None:
        oldest_alive = self._clock.now() - self._lifetime()
        while self._kept and next(iter(self._kept.values())).used_at <= oldest_alive:
            self._kept.popitem(last=False)

"""Rate limits as a gateway keeps them: a quota counts, a spike arrest spaces (`demographics.md` §1.8)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from math import ceil
from typing import Final

MINUTE: Final = timedelta(minutes=1)
WHOLE_API: Final = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most *count* requests *per* so long."""

    count: int
    per: timedelta = MINUTE

    @property
    def interval(self) -> timedelta:
        """What a spike arrest leaves between two requests."""
        return self.per / self.count


@dataclass(frozen=True, slots=True)
class Limits:
    """The four limits; None is no limit."""

    app_quota: Limit | None = None
    app_spike: Limit | None = None
    api_quota: Limit | None = None
    api_spike: Limit | None = None

    @property
    def seconds_to_wait(self) -> int:
        """For a Retry-After, where a system sends one: after so long every one of these lets a request through."""
        kept = [limit for limit in (self.app_quota, self.app_spike, self.api_quota, self.api_spike) if limit is not None]
        return ceil(max((limit.per.total_seconds() for limit in kept), default=0))


class Exceeded(Enum):
    """Which limit a request would break."""

    APP_QUOTA = auto()
    APP_SPIKE = auto()
    API = auto()


@dataclass(slots=True)
class Window:
    """The requests of one running window, and the last one that a spike arrest let through."""

    number: int = -1
    counted: int = 0
    last: datetime | None = None


@dataclass(slots=True)
class Gate:
    """Counts per application and for the whole API, on the wire clock."""

    windows: defaultdict[tuple[str, str], Window] = field(default_factory=lambda: defaultdict(Window))

    def refused_by(self, caller: str, limits: Limits, now: datetime) -> Exceeded | None:
        """The limit that refuses this request of *caller*, or None where all let it through."""
        asked = (
            (caller, limits.app_quota, self.exceeds_quota, Exceeded.APP_QUOTA),
            (caller, limits.app_spike, self.comes_too_soon, Exceeded.APP_SPIKE),
            (WHOLE_API, limits.api_quota, self.exceeds_quota, Exceeded.API),
            (WHOLE_API, limits.api_spike, self.comes_too_soon, Exceeded.API),
        )
        return next((which for whose, limit, exceeds, which in asked if limit is not None and exceeds(whose, limit, now)), None)

    def exceeds_quota(self, whose: str, limit: Limit, now: datetime) -> bool:
        """Whether the running window is full; counts the request otherwise."""
        window = self.windows["quota", whose]
        number = int(now.timestamp() / limit.per.total_seconds())
        if window.number != number:
            window.number, window.counted = number, 0
        if window.counted >= limit.count:
            return True
        window.counted += 1
        return False

    def comes_too_soon(self, whose: str, limit: Limit, now: datetime) -> bool:
        """Whether the last request is too close; a refused one does not count."""
        window = self.windows["spike", whose]
        if window.last is not None and now < window.last + limit.interval:
            return True
        window.last = now
        return False

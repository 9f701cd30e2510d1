"""What every implementation of Allowances decides alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta


def claimed(
    done: Sequence[datetime], most: int, within: timedelta, now: datetime
) -> tuple[timedelta | None, tuple[datetime, ...]]:
    """How long to wait (None: it may be done now), and the moments that count from here on, the oldest first."""
    recent = tuple(moment for moment in done if now - moment < within)
    if len(recent) < most:
        return None, (*recent, now)
    return recent[-most] + within - now, recent

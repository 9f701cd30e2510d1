"""When a partner's own session ends (R16; `nhs-login.md` §10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class SessionClock:
    """The two limits. All times are of one clock."""

    idle: timedelta = timedelta(minutes=30)
    whole: timedelta = timedelta(hours=12)  #: from the original sign-in, however often the session was renewed

    def is_over(self, signed_in_at: datetime, last_used_at: datetime, now: datetime) -> bool:
        """Whether the person must log in again."""
        return now - last_used_at >= self.idle or now - signed_in_at >= self.whole

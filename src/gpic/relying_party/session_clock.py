"""When a partner's own session ends (R16; `nhs-login.md` §10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from gpic.relying_party.outcomes import Connected

#: Under which names the times lie in a session; whole seconds since 1970.
SIGNED_IN_AT: Final = "gpic-signed-in-at"
LAST_USED_AT: Final = "gpic-last-used-at"


class Keep(Protocol):
    """A browser's session as Starlette and Django keep it: values by name."""

    def get(self, name: str, default: None, /) -> object:
        """The value, or the default."""
        ...

    def __setitem__(self, name: str, value: object, /) -> None: ...

    def clear(self) -> None:
        """Forget everything."""
        ...


@dataclass(frozen=True, slots=True)
class SessionClock:
    """The two limits. All times are of one clock."""

    idle: timedelta = timedelta(minutes=30)
    whole: timedelta = timedelta(hours=12)  #: from the original sign-in, however often the session was renewed

    def is_over(self, signed_in_at: datetime, last_used_at: datetime, now: datetime) -> bool:
        """Whether the person must log in again."""
        return now - last_used_at >= self.idle or now - signed_in_at >= self.whole

    def begin(self, session: Keep, connected: Connected, now: datetime) -> None:
        """Somebody connected: count from their original sign-in. What the browser's session held before goes."""
        session.clear()
        session[SIGNED_IN_AT] = int((connected.signed_in_at or now).timestamp())
        session[LAST_USED_AT] = int(now.timestamp())

    def use(self, session: Keep, now: datetime) -> bool | None:
        """Whether the session goes on, and then from now; None where nobody is connected. One that is over is cleared."""
        signed_in_at, last_used_at = moment(session.get(SIGNED_IN_AT, None)), moment(session.get(LAST_USED_AT, None))
        if signed_in_at is None or last_used_at is None:
            return None
        if self.is_over(signed_in_at, last_used_at, now):
            session.clear()
            return False
        session[LAST_USED_AT] = int(now.timestamp())
        return True


def moment(kept: object) -> datetime | None:
    """A moment as it was kept; None for anything else."""
    return datetime.fromtimestamp(kept, UTC) if isinstance(kept, int) else None

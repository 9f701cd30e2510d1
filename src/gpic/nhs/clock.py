"""Time is passed in. The wire clock is real; the world clock of a sandbox can be moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol


class Clock(Protocol):
    """Tells the time as an aware datetime in UTC."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


class MovableClock:
    """A clock that runs with the machine's, ahead by what it was moved; or stands still where it was frozen."""

    def __init__(self, frozen_at: datetime | None = None, *, ahead: timedelta = timedelta()) -> None:
        self._ahead = ahead
        self._frozen_at = frozen_at

    def now(self) -> datetime:
        """The present moment of this world, in UTC."""
        return (self._frozen_at or datetime.now(UTC)) + self._ahead

    def move(self, by: timedelta) -> None:
        """Let time pass; a world's time never goes back."""
        if by < timedelta():
            raise ValueError("a world's time never goes back")
        self._ahead += by

    @property
    def is_frozen(self) -> bool:
        """Whether it stands still."""
        return self._frozen_at is not None

    def freeze(self) -> None:
        """Stand still from now on; it may still be moved."""
        if self._frozen_at is None:
            self._frozen_at = datetime.now(UTC)

    def thaw(self) -> None:
        """Run on from where it stood."""
        if self._frozen_at is not None:
            self._ahead -= datetime.now(UTC) - self._frozen_at
            self._frozen_at = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """Both clocks. Times are compared only within one of them.

    *wire* stamps what other machines check (JWTs, codes, assertions, auth_time);
    *world* measures ages and windows (sessions, checks, pauses, releases).
    """

    wire: Clock = field(default_factory=SystemClock)
    world: Clock = field(default_factory=SystemClock)


EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970: how moments are kept in columns, exact and in their order."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_microseconds(count: int) -> datetime:
    """The moment, in UTC, that so many microseconds after 1970 began."""
    return EPOCH + timedelta(microseconds=count)

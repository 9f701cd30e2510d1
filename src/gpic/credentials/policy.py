"""Every number of the engine, with its default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class CredentialsPolicy:
    """The engine's settings; ages and windows run on the world clock."""

    good_check: timedelta = timedelta(seconds=60)  #: a check younger than this is not repeated (N14)
    longest_wait: timedelta = timedelta(seconds=10)  #: a login waits no longer, so a try that comes later is no use to it (N8)
    #: After the first, second, third and every later lasting refusal (N11).
    refusal_pauses: tuple[timedelta, ...] = (
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(days=1),
    )
    first_pause: timedelta = timedelta(seconds=5)  #: after the first missing answer, doubling (N12)
    longest_pause: timedelta = timedelta(minutes=15)  #: between two tries while a system does not answer (N12)
    jitter: float = 0.2  #: the part of a pause that chance decides
    most_registrations: int = 2  #: completed ones per person in `registrations_window` (N13)
    registrations_window: timedelta = timedelta(hours=24)
    forced_after_release: timedelta = timedelta(
        minutes=10
    )  #: a partner that is back so soon says that details do not work (N16)
    forced_by_wish: timedelta = timedelta(hours=12)  #: so long after a release a wish for a sign-in says the same (N16)
    most_forced: int = 3  #: forced checks per person in `forced_window` (N16)
    forced_window: timedelta = timedelta(hours=1)
    forced_wait: timedelta = timedelta(seconds=5)  #: a login waits no longer for one (N16)
    recent_use: timedelta = timedelta(days=90)  #: whose details were released within it is followed in the background (N18)

    def pause_after_refusals(self, tries: int) -> timedelta:
        """How long to leave a person's GP system alone after so many refusals in a row (N11)."""
        return self.refusal_pauses[min(tries, len(self.refusal_pauses)) - 1]

    def pause_after_silences(self, silences: int, chance: float) -> timedelta:
        """How long to wait after so many missing answers in a row; *chance* is between 0 and 1 (N12)."""
        pause = min(self.first_pause * (1 << min(silences - 1, 20)), self.longest_pause)
        return pause * (1 - self.jitter * chance)

"""What happened in the world, who hears of it, and how much later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import heappop, heappush

from gpic.nhs.clock import Clock
from gpic.nhs.numbers import NhsNumber


class What(StrEnum):
    """The kinds of happenings; the last group is what PDS tells others of."""

    ACCOUNT_OPENED = "online account opened"
    ACCOUNT_LOCKED = "account locked"
    ACCOUNT_UNLOCKED = "account unlocked"
    ACCOUNT_RESET = "account reset"
    ACCOUNT_STATUS_CHANGED = "account status changed"
    RESTRICTION_LIFTED = "restriction lifted"
    KEY_ROTATED = "linkage key rotated"
    KEY_EXPIRED = "linkage key expired"
    ACCESS_REVOKED = "access revoked"
    PATIENT_MOVED = "patient moved"
    PATIENT_LEFT = "patient left the practice"
    STANDING_CHANGED = "patient's standing changed"
    ACTING_CHANGED = "people for whom somebody may act changed"
    OTHER_PATIENT_SHOWN = "another patient is shown"
    PRACTICE_OPENED = "practice opened"
    PRACTICE_CLOSED = "practice closed"
    PRACTICE_SWITCHED = "practice's switches changed"
    SYSTEM_CHANGED = "practice changed its system"
    PRACTICES_MERGED = "practices merged"
    PRACTICE_DIVIDED = "practice divided"
    DIED = "patient died"
    DEATH_UNDONE = "death undone"
    RECORD_RESTRICTED = "record's confidentiality changed"
    NUMBER_SUPERSEDED = "NHS number superseded"
    RECORDS_MERGED = "records merged"
    RECORD_INVALIDATED = "record invalidated"
    PDS_CHANGED = "PDS record changed"  #: any change at all; one of the next three follows where it is of that kind
    PDS_PRACTICE_CHANGED = "PDS names another practice or period"
    PDS_DEATH_CHANGED = "PDS death status changed"
    PDS_NUMBER_CHANGED = "PDS NHS number changed"


class System(StrEnum):
    """Who hears of what happens. A GP system makes it happen and hears at once."""

    GP = "GP system"
    PDS = "PDS"
    MNS = "MNS"
    ODS = "ODS"
    DIRECTORY = "directory"


@dataclass(frozen=True, slots=True)
class Lags:
    """How much later than the GP system each of the others hears, on the world clock. Independent of one another."""

    pds: timedelta = timedelta()
    mns: timedelta = timedelta()
    ods: timedelta = timedelta()
    directory: timedelta = timedelta()

    def of(self, system: System) -> timedelta:
        """That system's."""
        match system:
            case System.PDS:
                return self.pds
            case System.MNS:
                return self.mns
            case System.ODS:
                return self.ods
            case System.DIRECTORY:
                return self.directory
            case System.GP:
                return timedelta()


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened. All happenings of one event of the world have its *correlation* and its *cause*."""

    number: int  #: from 1, without a gap
    kind: What
    person: str  #: slug, or empty
    practice: str  #: code, or empty
    at_wire: datetime
    at_world: datetime
    correlation: str
    cause: What  #: the event that brought it about: `PRACTICES_MERGED` where a merger moved the patient
    lags: Lags = field(default_factory=Lags)  #: as they were then
    old_practice: str = ""
    new_practice: str = ""
    nhs_number: NhsNumber | None = None  #: the person's, as it was before
    new_nhs_number: NhsNumber | None = None  #: where it changed
    record_version: int = 0  #: of the PDS record, where that changed

    def heard_by(self, system: System) -> datetime:
        """The moment of the world clock from which *system* knows of it."""
        return self.at_world + self.lags.of(system)


Listener = Callable[[Happening], None]


Late = tuple[datetime, int, Happening]  #: when it is heard, its number, itself


class _Reader:
    """One listener and what has yet to reach it."""

    def __init__(self, listener: Listener, hears_as: System) -> None:
        self.listener = listener
        self.hears_as = hears_as
        self._waiting: list[Late] = []

    def wait_for(self, happening: Happening) -> None:
        """To be told when it is heard."""
        heappush(self._waiting, (happening.heard_by(self.hears_as), happening.number, happening))

    def due(self, now: datetime) -> Happening | None:
        """The next to be told by now: by the moment of hearing, then by number."""
        return heappop(self._waiting)[2] if self._waiting and self._waiting[0][0] <= now else None

    def forget(self) -> None:
        """Wait for nothing."""
        self._waiting.clear()


class Bulletin:
    """The happenings, only ever appended to, and their listeners. It has no thread: whoever moves the clock catches up."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._readers: list[_Reader] = []
        self._all: list[Happening] = []

    def __len__(self) -> int:
        return len(self._all)

    @property
    def happenings(self) -> tuple[Happening, ...]:
        """All of them, in their order."""
        return tuple(self._all)

    def append(self, happening: Happening) -> None:
        """Write it down; listeners are told by `catch_up`."""
        self._all.append(happening)
        for reader in self._readers:
            reader.wait_for(happening)

    def subscribe(self, listener: Listener, hears_as: System = System.GP) -> Callable[[], None]:
        """Call *listener* with everything from now on, as late as *hears_as* hears; returns how to stop that."""
        reader = _Reader(listener, hears_as)
        self._readers.append(reader)
        return lambda: self._readers.remove(reader)

    def catch_up(self) -> None:
        """Tell every listener what it should have heard by now."""
        now = self._clock.now()
        for reader in tuple(self._readers):
            while (happening := reader.due(now)) is not None:
                reader.listener(happening)

    def heard_by(self, system: System, *, after: int = 0) -> tuple[Happening, ...]:
        """What that system knows by now, in the order of hearing; only numbers above *after*."""
        now = self._clock.now()
        heard = [one for one in self._all if one.number > after and one.heard_by(system) <= now]
        return tuple(sorted(heard, key=lambda happening: (happening.heard_by(system), happening.number)))

    def rewrite(self, happenings: Iterable[Happening]) -> None:
        """Another history; listeners are told of it only what has yet to reach them."""
        self._all = list(happenings)
        now = self._clock.now()
        for reader in self._readers:
            reader.forget()
            for happening in self._all:
                if happening.heard_by(reader.hears_as) > now:
                    reader.wait_for(happening)

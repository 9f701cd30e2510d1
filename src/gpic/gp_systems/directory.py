"""Which system a practice uses: NHS England's monthly practice mapping, and our own dated lines (`demographics.md` §3.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Self, TypeVar

from gpic.credentials import ports as engine
from gpic.gp_systems.mapping import SUPPLIER_NAMES, Entry, read
from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.organisations import OdsCode
from gpic.relying_party import ports as partner

G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a practice's system is: whose, and at which address of theirs; "" is the supplier's one address."""

    supplier: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """A new file is in force; *changed* are the practices whose system is another than when last looked (N19)."""

    changed: frozenset[OdsCode]


class Directory:
    """The practices, their names and their systems as of today. Readers during a `reload` see the old or the new, whole."""

    def __init__(
        self, entries: Iterable[Entry] = (), *, clock: Clock | None = None, names: Mapping[str, str] = SUPPLIER_NAMES
    ) -> None:
        self._clock = clock or SystemClock()
        self._names = names
        self._entries = _by_practice(entries)
        self._last_seen = self._suppliers()

    @classmethod
    def from_csv(cls, text: str, *, clock: Clock | None = None, names: Mapping[str, str] = SUPPLIER_NAMES) -> Self:
        """From a mapping's text, see `mapping.read`; *names* are the suppliers' names in it. Raises MappingInvalid."""
        return cls(read(text, names), clock=clock, names=names)

    def reload(self, text: str) -> Reloaded:
        """Take a new file in place of the old. Raises MappingInvalid, and then the old one stays in force."""
        return self.take(self.read(text))

    def take(self, entries: Mapping[OdsCode, tuple[Entry, ...]]) -> Reloaded:
        """Put these in force, in one step."""
        self._entries = entries
        return self.look()

    def look(self) -> Reloaded:
        """Whose system has changed since the last look: by a new file, or because a dated line has had its day (N19)."""
        before, after = self._last_seen, self._suppliers()
        self._last_seen = after
        changed = {practice for practice in before.keys() | after.keys() if before.get(practice) != after.get(practice)}
        return Reloaded(frozenset(changed))

    def read(self, text: str) -> Mapping[OdsCode, tuple[Entry, ...]]:
        """A file's lines by practice, not yet in force. Raises MappingInvalid."""
        return _by_practice(read(text, self._names))

    def place_of(self, practice: OdsCode) -> Place | None:
        """The practice's system as of today; None when nobody knows the practice or its system."""
        current = self._current(practice)
        return Place(current.supplier, current.address) if current and current.supplier else None

    def supplier_of(self, practice: OdsCode) -> str | None:
        """The supplier's name in lower case, as of today; None when nobody knows the practice or its system."""
        place = self.place_of(practice)
        return place.supplier if place else None

    def name_of(self, practice: OdsCode) -> str:
        """The practice's name, or its code when nobody knows a name."""
        current = self._current(practice)
        return (current.name if current else "") or practice.code

    def practices(self) -> frozenset[OdsCode]:
        """Every practice that the directory lists."""
        return frozenset(self._entries)

    def _current(self, practice: OdsCode) -> Entry | None:
        today = self._clock.now().date()
        return _current(self._entries.get(practice, ()), today)

    def _suppliers(self) -> Mapping[OdsCode, str]:
        """Whoever has a system today, and whose."""
        today = self._clock.now().date()
        current = ((practice, _current(entries, today)) for practice, entries in self._entries.items())
        return {practice: entry.supplier for practice, entry in current if entry and entry.supplier}


#: A supplier's system by its name, or by place where suppliers have several addresses.
Systems = Mapping[str, G] | Callable[[Place], G | None]


class EngineSurgeries:
    """The engine's `Surgeries`: the directory and the provider's adapters."""

    def __init__(self, directory: Directory, systems: Systems[engine.GpSystem]) -> None:
        self._directory = directory
        self._system_at = _by_place(systems)

    def system_of(self, practice: OdsCode) -> engine.Surgery | None:
        """The practice's system; None when the practice or its supplier is not covered."""
        place = self._directory.place_of(practice)
        system = self._system_at(place) if place else None
        return engine.Surgery(place.supplier, system) if place and system else None


class PartnerSurgeries:
    """The kit's `GpSystems`: the directory and the partner's adapters."""

    def __init__(self, directory: Directory, systems: Systems[partner.GpSystem]) -> None:
        self._directory = directory
        self._system_at = _by_place(systems)

    def system_of(self, practice: OdsCode) -> tuple[str, partner.GpSystem] | None:
        """The supplier's name and its system; None when the practice is not covered."""
        place = self._directory.place_of(practice)
        system = self._system_at(place) if place else None
        return (place.supplier, system) if place and system else None


def _by_place(systems: Systems[G]) -> Callable[[Place], G | None]:
    """Systems by name serve their suppliers' one address; another address is not covered by them."""
    if callable(systems):
        return systems
    named = dict(systems)
    return lambda place: None if place.address else named.get(place.supplier)


def _by_practice(entries: Iterable[Entry]) -> Mapping[OdsCode, tuple[Entry, ...]]:
    """Each practice's entries, the latest last; of two for one day the later in the file."""
    in_order = sorted(entries, key=lambda entry: (entry.practice, entry.since))
    return {practice: tuple(found) for practice, found in groupby(in_order, key=lambda entry: entry.practice)}


def _current(entries: tuple[Entry, ...], today: date) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.since <= today <= entry.until), None)

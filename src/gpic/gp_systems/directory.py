"""Which system a practice uses: NHS England's monthly practice mapping, and our own dated lines (`demographics.md` §3.6)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from types import MappingProxyType
from typing import Final, Self

from gpic.credentials import ports as engine
from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.organisations import OdsCode, OdsCodeInvalid
from gpic.relying_party import ports as partner

#: Names under which the suppliers appear in public files; any other name is taken as it is, in lower case.
SUPPLIER_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "emis web": "emis",
        "emis health": "emis",
        "egton medical information systems": "emis",
        "tpp systmone": "tpp",
        "systmone": "tpp",
        "the phoenix partnership": "tpp",
        "the phoenix partnership (tpp)": "tpp",
        "medicus health": "medicus",
    }
)
REQUIRED: Final = frozenset({"PRACTICE_CODE", "SUPPLIER_NAME"})
ALWAYS: Final = date.min


class DirectoryInvalid(ValueError):
    """The file is not a practice mapping. *line* counts from 1; the header is line 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Entry:
    """From that day on this practice uses that supplier's system; *supplier* "" means none that we know."""

    practice: OdsCode
    supplier: str
    name: str = ""
    since: date = ALWAYS


class Directory:
    """The practices, their names and their systems as of today. Readers during a `reload` see the old or the new, whole."""

    def __init__(self, entries: Iterable[Entry] = (), *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._entries = _by_practice(entries)

    @classmethod
    def from_csv(cls, text: str, *, clock: Clock | None = None) -> Self:
        """From `PRACTICE_CODE,SUPPLIER_NAME[,PRACTICE_NAME][,FROM]`; other columns are unread. Raises DirectoryInvalid."""
        return cls(read(text), clock=clock)

    def reload(self, text: str) -> frozenset[OdsCode]:
        """Take a new file in place of the old; the practices whose system is another now (N19). Raises DirectoryInvalid."""
        before, after = self._entries, _by_practice(read(text))
        today = self._today()
        self._entries = after
        return frozenset(
            practice
            for practice in before.keys() | after.keys()
            if _supplier(before.get(practice, ()), today) != _supplier(after.get(practice, ()), today)
        )

    def supplier_of(self, practice: OdsCode) -> str | None:
        """The supplier's name in lower case, as of today; None when nobody knows the practice or its system."""
        return _supplier(self._entries.get(practice, ()), self._today()) or None

    def name_of(self, practice: OdsCode) -> str:
        """The practice's name, or its code when nobody knows a name."""
        current = _current(self._entries.get(practice, ()), self._today())
        return (current.name if current else "") or practice.code

    def practices(self) -> frozenset[OdsCode]:
        """Every practice that the directory lists."""
        return frozenset(self._entries)

    def _today(self) -> date:
        return self._clock.now().date()


class EngineSurgeries:
    """The engine's `Surgeries`: the directory and the provider's adapters, by supplier's name."""

    def __init__(self, directory: Directory, systems: Mapping[str, engine.GpSystem]) -> None:
        self._directory = directory
        self._systems = dict(systems)

    def system_of(self, practice: OdsCode) -> engine.Surgery | None:
        """The practice's system; None when the practice or its supplier is not covered."""
        supplier = self._directory.supplier_of(practice) or ""
        system = self._systems.get(supplier)
        return engine.Surgery(supplier, system) if system else None


class PartnerSurgeries:
    """The kit's `GpSystems`: the directory and the partner's adapters, by supplier's name."""

    def __init__(self, directory: Directory, systems: Mapping[str, partner.GpSystem]) -> None:
        self._directory = directory
        self._systems = dict(systems)

    def system_of(self, practice: OdsCode) -> tuple[str, partner.GpSystem] | None:
        """The supplier's name in lower case and its system; None when the practice is not covered."""
        supplier = self._directory.supplier_of(practice) or ""
        system = self._systems.get(supplier)
        return (supplier, system) if system else None


def read(text: str) -> Iterator[Entry]:
    """The file's entries; header names in any case, a byte-order mark and blank lines allowed. Raises DirectoryInvalid."""
    lines = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), skipinitialspace=True)
    try:
        lines.fieldnames = [name.strip().upper() for name in lines.fieldnames or ()]
        if missing := REQUIRED - set(lines.fieldnames):
            raise DirectoryInvalid(1, f"no column {', '.join(sorted(missing))}")
        for line in lines:
            yield _entry({name: value.strip() for name, value in line.items() if isinstance(value, str)}, lines.line_num)
    except csv.Error:
        raise DirectoryInvalid(lines.line_num, "no comma-separated values") from None


def _entry(line: Mapping[str, str], number: int) -> Entry:
    supplier = line.get("SUPPLIER_NAME", "").lower()
    try:
        practice = OdsCode(line.get("PRACTICE_CODE", ""))
        since = date.fromisoformat(line["FROM"]) if line.get("FROM") else ALWAYS
    except OdsCodeInvalid:
        raise DirectoryInvalid(number, "PRACTICE_CODE is no ODS code") from None
    except ValueError:
        raise DirectoryInvalid(number, "FROM is no date (yyyy-mm-dd)") from None
    return Entry(practice, SUPPLIER_NAMES.get(supplier, supplier), line.get("PRACTICE_NAME", ""), since)


def _by_practice(entries: Iterable[Entry]) -> Mapping[OdsCode, tuple[Entry, ...]]:
    """Each practice's entries, the latest last; of two for one day the later in the file."""
    in_order = sorted(entries, key=lambda entry: (entry.practice, entry.since))
    return {practice: tuple(found) for practice, found in groupby(in_order, key=lambda entry: entry.practice)}


def _current(entries: tuple[Entry, ...], today: date) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.since <= today), None)


def _supplier(entries: tuple[Entry, ...], today: date) -> str:
    current = _current(entries, today)
    return current.supplier if current else ""

"""The practice mapping as a file: `PRACTICE_CODE,SUPPLIER_NAME` as it is published, and columns of our own beside them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from gpic.nhs.organisations import OdsCode, OdsCodeInvalid

#: Names and organisation codes of the suppliers in public files; any other name is taken as it is, in lower case.
SUPPLIER_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "emis web": "emis",
        "emis health": "emis",
        "egton medical information systems": "emis",
        "ygj": "emis",
        "ygm41": "emis",
        "tpp systmone": "tpp",
        "systmone": "tpp",
        "the phoenix partnership": "tpp",
        "the phoenix partnership (tpp)": "tpp",
        "yga": "tpp",
        "medicus health": "medicus",
    }
)
REQUIRED: Final = frozenset({"PRACTICE_CODE", "SUPPLIER_NAME"})
COLUMNS: Final = REQUIRED | {"PRACTICE_NAME", "ADDRESS", "FROM", "UNTIL"}
ALWAYS: Final = date.min
FOR_EVER: Final = date.max


class MappingInvalid(ValueError):
    """The file is not a practice mapping. *line* counts from 1; the header is line 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Entry:
    """From *since* to *until*, both days included, this practice uses that supplier's system at that *address*.

    *supplier* "" means none that we know, *address* "" the supplier's one address.
    """

    practice: OdsCode
    supplier: str
    name: str = ""
    since: date = ALWAYS
    until: date = FOR_EVER
    address: str = ""


def read(text: str, names: Mapping[str, str] = SUPPLIER_NAMES) -> Iterator[Entry]:
    """The entries of `PRACTICE_CODE,SUPPLIER_NAME[,PRACTICE_NAME][,ADDRESS][,FROM][,UNTIL]`. Raises MappingInvalid.

    Header names in any case and order; other columns are unread; a byte-order mark and blank lines do no harm.
    """
    lines = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), skipinitialspace=True)
    try:
        lines.fieldnames = _header(lines.fieldnames or ())
        for line in lines:
            yield _entry(_cells(line, lines.line_num), lines.line_num, names)
    except csv.Error:
        raise MappingInvalid(lines.line_num, "no comma-separated values") from None


def _header(cells: object) -> list[str]:
    names = [str(cell).strip().upper() for cell in cells] if isinstance(cells, list | tuple) else []
    if missing := REQUIRED - set(names):
        raise MappingInvalid(1, f"no column {', '.join(sorted(missing))}")
    if any(names.count(name) > 1 for name in COLUMNS):
        raise MappingInvalid(1, "a column stands there twice")
    return names


def _cells(line: Mapping[str | None, object], number: int) -> dict[str, str]:
    """A line's cells by column: as many as the header has, since a download that broke off ends in a shorter one."""
    cells = {name: value.strip() for name, value in line.items() if name is not None and isinstance(value, str)}
    if len(cells) < len(line):
        raise MappingInvalid(number, "not as many cells as the header has")
    return cells


def _entry(line: Mapping[str, str], number: int, names: Mapping[str, str]) -> Entry:
    supplier = line["SUPPLIER_NAME"].lower()
    try:
        practice = OdsCode(line["PRACTICE_CODE"])
    except OdsCodeInvalid:
        raise MappingInvalid(number, "PRACTICE_CODE is no ODS code") from None
    since, until = _day(line, "FROM", ALWAYS, number), _day(line, "UNTIL", FOR_EVER, number)
    if until < since:
        raise MappingInvalid(number, "UNTIL is before FROM")
    address = line.get("ADDRESS", "")
    if address and not _is_address(address):
        raise MappingInvalid(number, "ADDRESS is no http or https address")
    return Entry(practice, names.get(supplier, supplier), line.get("PRACTICE_NAME", ""), since, until, address)


def _day(line: Mapping[str, str], column: str, otherwise: date, number: int) -> date:
    try:
        return date.fromisoformat(line[column]) if line.get(column) else otherwise
    except ValueError:
        raise MappingInvalid(number, f"{column} is no date (yyyy-mm-dd)") from None


def _is_address(text: str) -> bool:
    """An address alone: who signs in there, and what is asked for, is not the directory's business."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and plain and text.isprintable() and " " not in text

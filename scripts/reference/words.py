"""How the pages of the reference say things: cells of tables, durations, and what stands beside a field in the source."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import Enum
from typing import Final

#: A field at the top of a class; what follows is its default and, behind `#:`, its meaning.
FIELD: Final = re.compile(r"^    (\w+): ")
BESIDE: Final = re.compile(r"#: ?(.*)$")


def meanings(kind: type) -> dict[str, str]:
    """What the `#:` comments of a class say of its fields: on the field's own lines, or on the lines right before them."""
    found: dict[str, str] = {}
    before: list[str] = []
    name = ""
    for line in inspect.getsource(kind).splitlines():
        comment = BESIDE.search(line)
        if (field := FIELD.match(line)) is not None:
            name = field[1]
            found[name] = " ".join(before)
            before = []
        elif line.startswith("    #:") and comment is not None:
            before.append(comment[1])
            continue
        elif not line.startswith(("     ", "    )")):
            before, name = [], ""
        if comment is not None and name:
            found[name] = f"{found[name]} {comment[1]}".strip()
    return {field: meaning for field, meaning in found.items() if meaning}


def first_sentence(text: str | None) -> str:
    """A docstring up to its first full stop, on one line."""
    whole = " ".join((text or "").split())
    end = re.search(r"\.(?: |$)", whole)
    return whole[: end.start() + 1] if end else whole


def whole(text: str | None) -> str:
    """A docstring on one line."""
    return " ".join((text or "").split())


def shown(value: object) -> str:
    """A default as one would write it in TOML."""
    if isinstance(value, tuple | list | frozenset):
        items = sorted(value) if isinstance(value, frozenset) else value
        return ", ".join(shown(one) for one in items) or "–"
    match value:
        case None | "" | {}:
            text = ""
        case bool():
            text = str(value).lower()
        case timedelta():
            text = duration(value)
        case Enum():
            text = str(value.value)
        case str():
            text = f'"{value}"'
        case _:
            text = str(value)
    return f"`{text}`" if text else "–"


def duration(length: timedelta) -> str:
    """In the largest unit that leaves no rest, as ISO 8601 has it: PT10M, P7D."""
    if length.microseconds or not length:
        return f"PT{length.total_seconds():g}S"
    seconds = int(length.total_seconds())
    for letter, unit in (("D", 86_400), ("H", 3_600), ("M", 60)):
        if seconds % unit == 0:
            return f"P{'' if letter == 'D' else 'T'}{seconds // unit}{letter}"
    return f"PT{seconds}S"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table."""
    names = list(heads)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(cell(one) for one in row)} |"
    yield ""


def cell(text: str) -> str:
    """Fit for a table: on one line, its bars escaped."""
    return " ".join(text.split()).replace("|", "\\|") or "–"


def members(kind: type[Enum]) -> dict[str, str]:
    """What the `#:` comments of an enumeration say of its members."""
    return {found[1]: found[2] for found in re.finditer(r"^    (\w+) = .*?#: (.*)$", inspect.getsource(kind), re.MULTILINE)}

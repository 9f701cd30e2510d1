"""What admin commands print: for people, or as JSON for programs. Nothing secret ever comes this far."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gpic.jose.keys import PublicKey

#: Wide enough for a redirect URI where nobody looks at a terminal.
WIDTH_IN_FILES = 200


def as_json(document: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document, order="deterministic")).decode() + "\n")
    sys.stdout.flush()


def as_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table with a head."""
    table = Table(*columns)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    _console().print(table)


def as_list(pairs: Mapping[str, str]) -> None:
    """Names and values, a line each; a value of several lines stands under itself."""
    table = Table.grid(padding=(0, 2))
    for name, value in pairs.items():
        table.add_row(Text(name), Text(value))
    _console().print(table)


def say(sentence: str) -> None:
    """A sentence on standard output."""
    _console().print(sentence, markup=False, soft_wrap=True)


def note(sentence: str) -> None:
    """Something that a person should know and a program need not, on standard error."""
    Console(stderr=True, highlight=False).print(f"note: {sentence}", markup=False, soft_wrap=True)


def yes(value: bool) -> str:  # noqa: FBT001 - the value is what is shown
    """Yes or no."""
    return "yes" if value else "no"


def key_line(key: PublicKey) -> str:
    """A key by its name and size."""
    return f"{key.kid or key.thumbprint}  RSA {key.rsa.key_size}"


def _console() -> Console:
    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_IN_FILES)

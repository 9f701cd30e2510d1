"""A whole sandbox as one value: its world and its clock, the databases of NHS login and of the sample partner, its switches.

It holds linkage keys and NHS numbers, and the keys that seal the rest. So it lies in memory, or in a file of its owner's alone.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from gpic.nhs.clock import Clocks, MovableClock
from gpic.provider.registration import Entry

VERSION: Final = 1
OWNER_ONLY: Final = 0o600
PROVIDER: Final = "provider.sqlite"
PARTNER: Final = "partner.sqlite"
DATABASES: Final = (PROVIDER, PARTNER)
SEALING_KEYS: Final = ("provider.keys", "partner.keys")


class KeptInvalid(ValueError):
    """This is no sandbox that was kept by this version; what it holds is not repeated."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything but what is open at this moment: sessions at GP systems, messages in queues, requests under way."""

    version: int = VERSION
    world: dict[str, object]
    world_at: datetime
    wire_at: datetime
    frozen: bool
    files: dict[str, bytes]
    switches: dict[str, object]
    faults: list[dict[str, object]]
    visitors: dict[str, Entry]

    def __repr__(self) -> str:
        return f"Kept({self.world_at:%Y-%m-%d %H:%M})"

    def clock(self) -> MovableClock:
        """The world clock: as far ahead as it was, or still where it stood."""
        return MovableClock(self.world_at) if self.frozen else MovableClock(ahead=self.world_at - self.wire_at)

    def lay_out(self, folder: Path) -> None:
        """Write the files where the roles look for them."""
        for name in (*DATABASES, *SEALING_KEYS):
            if name in self.files:
                write(folder / name, self.files[name])


def files_in(folder: Path) -> dict[str, bytes]:
    """The databases as they are at this moment, and their keys."""
    copies = {name: copy_of(folder / name) for name in DATABASES if (folder / name).exists()}
    return copies | {name: (folder / name).read_bytes() for name in SEALING_KEYS if (folder / name).exists()}


def copy_of(path: Path) -> bytes:
    """One state of a database that others are writing."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(":memory:")) as copy:
        source.backup(copy)
        return copy.serialize()


def stamps(clocks: Clocks) -> tuple[datetime, datetime]:
    """World and wire, of one moment."""
    return clocks.world.now(), clocks.wire.now()


def read(path: Path) -> Kept | None:
    """What was kept in this file; None where there is none. Raises KeptInvalid, OSError."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        kept = msgspec.msgpack.decode(text, type=Kept)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KeptInvalid from error
    if kept.version != VERSION:
        raise KeptInvalid
    return kept


def save(kept: Kept, path: Path) -> None:
    """Replace the file whole, or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    write(draft, msgspec.msgpack.encode(kept))
    draft.replace(path)


def write(path: Path, content: bytes) -> None:
    """A file of its owner's alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "wb") as out:
        out.write(content)

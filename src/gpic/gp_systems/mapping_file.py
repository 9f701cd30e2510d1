"""The directory's file while the system runs: a new one comes into force whole, a broken one not at all."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gpic.gp_systems.directory import Directory, Reloaded
from gpic.gp_systems.mapping import SUPPLIER_NAMES, MappingInvalid
from gpic.nhs.clock import Clock

LARGEST_FILE: Final = 16 * 1024 * 1024  #: bytes; the published file lists some 6,300 practices in less than one of these
#: Of the practices known before. A file that drops more is taken for half a download: each would be withdrawn (N19).
MOST_LOST: Final = 0.1

log: Final = logging.getLogger(__name__)


class FileUnreadable(ValueError):
    """The mapping file cannot be read; the message is one sentence for an operator."""


@dataclass(frozen=True, slots=True)
class LeftAsItWas:
    """The file was not taken, *why* says what is wrong with it; what was in force stays in force."""

    why: str


class MappingFile:
    """A directory that is kept in a file. Reloading is for one task at a time; reading the directory for everybody."""

    def __init__(self, path: Path, *, clock: Clock | None = None, names: Mapping[str, str] = SUPPLIER_NAMES) -> None:
        """Read it for the first time. Raises FileUnreadable, MappingInvalid: without a directory nothing can start."""
        self._path = path
        self.directory = Directory.from_csv(_text(path), clock=clock, names=names)

    def reload(self, *, losing_many: bool = False) -> Reloaded | LeftAsItWas:
        """Take the file as it is now. *losing_many*: an operator means it when a great part of the practices is gone."""
        try:
            entries = self.directory.read(_text(self._path))
        except (FileUnreadable, MappingInvalid) as mistake:
            return self._left_as_it_was(str(mistake))
        known = self.directory.practices()
        lost = len(known - entries.keys())
        if lost > len(known) * MOST_LOST and not losing_many:
            return self._left_as_it_was(f"it lacks {lost} of the {len(known)} practices")
        return self.directory.take(entries)

    def _left_as_it_was(self, why: str) -> LeftAsItWas:
        log.warning("The practice mapping %s was not taken, the old one stays in force: %s", self._path.name, why)
        return LeftAsItWas(why)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as mistake:
        raise FileUnreadable(f"it cannot be read ({mistake.strerror})") from None
    if len(content) > LARGEST_FILE:
        raise FileUnreadable(f"it is larger than {LARGEST_FILE} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise FileUnreadable("it is not UTF-8") from None

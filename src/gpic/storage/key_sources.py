"""Where sealing keys come from: a file, a variable of the environment, or whatever somebody's key management plugs in here.

A setting names one of three: a path; `env://NAME`; `KIND://…` where something that is installed offers the entry point KIND in
the group `gpic.sealing_keys`, which is called with the whole text and returns a `KeySource`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, Protocol

from gpic.storage.sealing import DEVELOPMENT, KeysUnusable, keys_from_file, keys_in

GROUP: Final = "gpic.sealing_keys"
VARIABLE: Final = "env"

Keys = tuple[Mapping[str, bytes], str]


class KeySource(Protocol):
    """Holds the sealing keys. It is read at the start and whenever a process is told to read everything again."""

    def read(self, *, create: bool = False) -> Keys:
        """Keys of 32 bytes by id, and the id that new seals use. Raises KeysUnusable, whose text shows no key.

        With *create* keys that are missing may be made, where the source can do that: nothing was sealed yet.
        """
        ...

    @property
    def is_for_development(self) -> bool:
        """Whether these keys were made by the way, and so are not for production."""
        ...


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One `id base64` a line, the last is current."""

    path: Path

    def read(self, *, create: bool = False) -> Keys:
        """What the file holds."""
        return keys_from_file(self.path, create=create)

    @property
    def is_for_development(self) -> bool:
        """Whether a first start made it."""
        return self.path.is_file() and DEVELOPMENT in self.path.read_text(encoding="ascii", errors="replace").splitlines()


@dataclass(frozen=True, slots=True)
class KeyVariable:
    """The text of such a file in a variable of the environment, as an orchestrator's secrets arrive."""

    name: str

    def read(self, *, create: bool = False) -> Keys:  # noqa: ARG002 - nobody else would know them
        """What the variable holds."""
        return keys_in(os.environ.get(self.name, ""), f"the variable {self.name}")

    @property
    def is_for_development(self) -> bool:
        """Whether it is the text of a file that a first start made."""
        return DEVELOPMENT in os.environ.get(self.name, "").splitlines()


def key_source(text: str) -> KeySource:
    """The source that a setting names. Raises KeysUnusable."""
    kind, separator, rest = text.partition("://")
    if not separator:
        return KeyFile(Path(text))
    if kind == VARIABLE:
        return KeyVariable(rest)
    for one in entry_points(group=GROUP, name=kind):
        source: KeySource = one.load()(text)
        return source
    raise KeysUnusable(f"nothing that is installed offers sealing keys as {kind}://")

"""Changing the file of sealing keys: a key is added behind the scenes, then used, and taken away when nothing needs it.

The last line is the key that new seals use; the others only open. Every change writes the file anew, whole or not at all.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import stat
from pathlib import Path
from typing import Final

from gpic.storage.sealing import KEY_LENGTH, KeysUnusable, keys_from_file

NUMBERED: Final = re.compile(r"k(\d+)")


def add_key(path: Path) -> str:
    """Add a fresh key that opens and does not seal yet; its id. Raises KeysUnusable."""
    keys, current = keys_from_file(path)
    numbers = [int(found[1]) for name in keys if (found := NUMBERED.fullmatch(name))]
    name = f"k{max(numbers, default=0) + 1}"
    fresh = f"{name} {base64.b64encode(secrets.token_bytes(KEY_LENGTH)).decode()}"
    lines = _lines(path)
    at = _place_of(lines, current)
    _write(path, [*lines[:at], fresh, *lines[at:]])
    return name


def use_key(path: Path, name: str) -> None:
    """Let new seals use a key that is there. Raises KeysUnusable."""
    keys, _ = keys_from_file(path)
    if name not in keys:
        raise KeysUnusable(f"the key file {path.name} has no key {name}")
    lines = _lines(path)
    at = _place_of(lines, name)
    _write(path, [*lines[:at], *lines[at + 1 :], lines[at]])


def remove_key(path: Path, name: str) -> None:
    """Take away a key that nothing needs; whether that is so the caller knows. Raises KeysUnusable."""
    keys, current = keys_from_file(path)
    if name not in keys or name == current:
        raise KeysUnusable(f"the key file {path.name} has no key {name} that is not in use")
    lines = _lines(path)
    at = _place_of(lines, name)
    _write(path, [*lines[:at], *lines[at + 1 :]])


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").splitlines()


def _place_of(lines: list[str], name: str) -> int:
    return next(number for number, line in enumerate(lines) if line.split(" ", maxsplit=1)[0] == name)


def _write(path: Path, lines: list[str]) -> None:
    """Beside it and then over it, with the old one's permissions."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    mode = stat.S_IMODE(path.stat().st_mode)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="ascii") as out:
        out.write("".join(f"{line}\n" for line in lines))
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)

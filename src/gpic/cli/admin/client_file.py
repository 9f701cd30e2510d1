"""Partners in a TOML file: a `[[clients]]` table each, as docs/reference/clients.md shows."""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from gpic.cli.admin.desk import NotDone
from gpic.jose.keys import LARGEST_KEY_SET
from gpic.provider.clients import Client
from gpic.provider.policy import ProviderPolicy
from gpic.provider.registration import Entry, RegistrationInvalid, registered

LARGEST_FILE: Final = 4 * 2**20  #: bytes


class ClientFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    clients: list[Entry]


def clients_in(path: Path, policy: ProviderPolicy) -> tuple[Client, ...]:
    """Every client of the file, each under every rule. Raises NotDone with all that is wrong with any of them."""
    read: list[Client] = []
    reasons: list[str] = []
    entries = entries_in(path)
    twice = Counter(entry.client_id for entry in entries)
    reasons += [f"{client_id} stands there {count} times." for client_id, count in twice.items() if count > 1]
    for entry in entries:
        try:
            read.append(registered(with_keys_read(entry, path.parent), policy))
        except RegistrationInvalid as mistake:
            reasons += mistake.reasons
    if reasons:
        raise NotDone(f"{path} was not imported:\n" + "\n".join(f"  {reason}" for reason in reasons))
    return tuple(read)


def entries_in(path: Path) -> list[Entry]:
    """What is written there. Raises NotDone."""
    try:
        document = tomllib.loads(text_of(path, LARGEST_FILE))
        return msgspec.convert(document, type=ClientFile).clients
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as mistake:
        raise NotDone(f"{path} is not a file of clients: {mistake}.") from None


def with_keys_read(entry: Entry, folder: Path) -> Entry:
    """The entry with its key files' content among its keys; their names count from *folder*. Raises NotDone."""
    texts = [text_of(folder / name, LARGEST_KEY_SET) for name in entry.key_files]
    return msgspec.structs.replace(entry, keys=[*entry.keys, *texts], key_files=[])


def text_of(path: Path, most: int) -> str:
    """A file's text, "-" for standard input. Raises NotDone."""
    try:
        raw = sys.stdin.buffer.read(most + 1) if str(path) == "-" else _first(path, most + 1)
        text = raw.decode()
    except OSError as mistake:
        raise NotDone(f"{path} cannot be read: {mistake.strerror}.") from None
    except UnicodeDecodeError:
        raise NotDone(f"{path} is not text in UTF-8.") from None
    if len(raw) > most:
        raise NotDone(f"{path} is larger than {most} bytes.")
    return text


def _first(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)

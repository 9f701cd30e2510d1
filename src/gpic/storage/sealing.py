"""What is sealed at rest: AES-256-GCM, bound to the place where it lies (N7).

An envelope is `1 | length of the key id | key id | nonce (12) | ciphertext and tag`. Key id and place are authenticated, so
an envelope that was altered, or moved to another row or column, does not open. Keys rotate: new seals use the current key,
old ones open with theirs for as long as it is kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_LENGTH: Final = 32
NONCE_LENGTH: Final = 12
ENVELOPE: Final = b"\x01"  #: the first byte of every envelope: how it is made
KEY_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,32}")
OTHERS: Final = stat.S_IRWXO
#: Stands in a key file that was made by the way. Production refuses such a file: nobody has put a copy into a vault.
DEVELOPMENT: Final = "# made at a first start: for development"


class SealBroken(Exception):
    """This was not sealed here, for this place and with a key that we have."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class KeysUnusable(ValueError):
    """The sealing keys cannot be used; the message says why and shows no key."""


class Sealer:
    """Seals and opens with keys of 32 bytes by id; *current* is the id that new seals use. Raises KeysUnusable."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        self.take(keys, current)

    def take(self, keys: Mapping[str, bytes], current: str) -> None:
        """Go on with these keys in place of the old. Raises KeysUnusable, and then the old ones stay."""
        if not all(KEY_ID.fullmatch(name) and len(key) == KEY_LENGTH for name, key in keys.items()):
            raise KeysUnusable("each sealing key has an id of 1 to 32 letters, digits, '_', '.' or '-', and 32 bytes")
        if current not in keys:
            raise KeysUnusable("the current sealing key is not among the keys")
        self._keys = dict(keys)
        self._current = current
        self._ciphers = {name: AESGCM(derived(key, "seal")) for name, key in keys.items()}

    def __repr__(self) -> str:
        return f"Sealer({', '.join(self._keys)})"

    def seal(self, plain: bytes, *, place: str) -> bytes:
        """The envelope of *plain* for *place*, such as `holdings.details:<person>`."""
        nonce = secrets.token_bytes(NONCE_LENGTH)
        header = header_of(self._current)
        return header + nonce + self._ciphers[self._current].encrypt(nonce, plain, bound(header, place))

    def open(self, sealed: bytes, *, place: str) -> bytes:
        """What was sealed for *place*; raises SealBroken."""
        key_id = self.key_of(sealed)
        header = header_of(key_id)
        nonce, ciphertext = sealed[len(header) : len(header) + NONCE_LENGTH], sealed[len(header) + NONCE_LENGTH :]
        try:
            return self._ciphers[key_id].decrypt(nonce, ciphertext, bound(header, place))
        except (InvalidTag, ValueError):  # ValueError: too short to hold nonce and tag
            raise SealBroken from None

    @property
    def has_former(self) -> bool:
        """Whether there are keys beside the current one."""
        return len(self._keys) > 1

    @property
    def mark(self) -> bytes:
        """What every envelope of the current key begins with, and no other."""
        return header_of(self._current)

    def is_current(self, sealed: bytes) -> bool:
        """Whether the envelope was sealed with the current key; raises SealBroken."""
        return self.key_of(sealed) == self._current

    def key_of(self, sealed: bytes) -> str:
        """The id of the key that an envelope needs; raises SealBroken where we have no such key."""
        if sealed[:1] != ENVELOPE:
            raise SealBroken
        key_id = sealed[2 : 2 + sealed[1]].decode("ascii", "replace") if len(sealed) > len(ENVELOPE) else ""
        if key_id not in self._keys:
            raise SealBroken
        return key_id

    def keyed_hash(self, text: str, purpose: str) -> str:
        """A hash to find *text* by, worthless to whoever has no key; 64 hex digits. *purpose* keeps columns apart."""
        return self.keyed_hashes(text, purpose)[0]

    def keyed_hashes(self, text: str, purpose: str) -> tuple[str, ...]:
        """The hashes of *text* under every key, the current first: what to look for while keys rotate."""
        order = sorted(self._keys, key=lambda name: name != self._current)
        return tuple(
            hmac.new(derived(self._keys[name], f"hash:{purpose}"), text.encode(), hashlib.sha256).hexdigest() for name in order
        )


def header_of(key_id: str) -> bytes:
    """What stands before the nonce."""
    return ENVELOPE + bytes([len(key_id)]) + key_id.encode("ascii")


def bound(header: bytes, place: str) -> bytes:
    """The associated data; the header tells its own length, so no two pairs look alike."""
    return header + place.encode()


def derived(key: bytes, purpose: str) -> bytes:
    """A key of its own for each purpose (HKDF-SHA256)."""
    return HKDF(algorithm=SHA256(), length=KEY_LENGTH, salt=None, info=f"gpic:{purpose}".encode()).derive(key)


def sha256(text: str) -> str:
    """The hash at rest of a long random text (a code, a token, a session's id); 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def keys_from_file(path: Path, *, create: bool = False) -> tuple[dict[str, bytes], str]:
    """Keys by id and the current id, for `Sealer(*…)`; one `id base64` a line, the last is current. Raises KeysUnusable.

    With *create* a missing file is made with one fresh key, readable by its owner only.
    """
    if create and not path.exists():
        make_key_file(path)
    try:
        if path.stat().st_mode & OTHERS:
            raise KeysUnusable(f"everybody may open the key file {path.name}; take others' permissions away")
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise KeysUnusable(f"the key file {path.name} cannot be read") from None
    return keys_in(text, f"the key file {path.name}")


def keys_in(text: str, where: str) -> tuple[dict[str, bytes], str]:
    """Keys by id and the current id, from lines of `id base64`; raises KeysUnusable, which says *where*."""
    listed = [key_in(line, where) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    keys = dict(listed)
    if not keys or len(keys) < len(listed):
        raise KeysUnusable(f"{where} holds no key, or two of one id")
    return keys, list(keys)[-1]


def key_in(line: str, where: str) -> tuple[str, bytes]:
    """The id and the key of one line; raises KeysUnusable."""
    key_id, _, encoded = line.strip().partition(" ")
    try:
        key = base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_LENGTH:
        raise KeysUnusable(f"a line of {where} is not an id and 32 bytes in base64")
    return key_id, key


def make_key_file(path: Path, *, for_development: bool = True) -> bool:
    """Write a file with one fresh key, whole or not at all; False where somebody made one meanwhile, which is kept."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(f"k1 {base64.b64encode(secrets.token_bytes(KEY_LENGTH)).decode()}\n")
        out.write(f"{DEVELOPMENT}\n" if for_development else "")
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True

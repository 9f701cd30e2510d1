"""Keys as partners hand them in: PEM, a JWK or a JWK set; kept one by one, in one spelling.

Nothing is ever fetched: a partner's `jwks_uri` is no way to register a key (`attacks-and-interop.md` 23).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gpic.jose.errors import KeyInvalid
from gpic.jose.keys import LARGEST_KEY_SET, KeySet, PublicKey

PEM_BLOCK: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
IS_PRIVATE: Final = "this is a private key: register its public half, and keep this one to yourself"
#: Members of a JWK that only its owner may know (RFC 7518 §6.3.2, §6.4).
PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


def registered_keys(text: str) -> tuple[str, ...]:
    """The RSA signing keys of *text*, each as it is kept: PEM, or a JWK where it has a name. Raises KeyInvalid.

    The message quotes nothing. Private keys are refused, whole: whoever hands one in should not do so twice.
    """
    keys = _from_json(text) if text.lstrip().startswith("{") else _from_pem(text)
    if not keys:
        raise KeyInvalid("there is no RSA signing key in it")
    return tuple(as_kept(key) for key in keys)


def registered_key_set(kept: Iterable[str]) -> KeySet:
    """The keys that were kept, to verify with; raises KeyInvalid."""
    return KeySet(tuple(key for text in kept for key in _read(text)))


def as_kept(key: PublicKey) -> str:
    """A key in the one spelling in which it is kept."""
    if key.kid:
        return msgspec.json.encode(key.published("")).decode()
    return key.rsa.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _read(text: str) -> tuple[PublicKey, ...]:
    return _from_json(text) if text.startswith("{") else (PublicKey.from_pem(text),)


def _from_pem(text: str) -> tuple[PublicKey, ...]:
    blocks = list(PEM_BLOCK.finditer(text))
    if any("PRIVATE KEY" in block[1] for block in blocks):
        raise KeyInvalid(IS_PRIVATE)
    if not blocks:
        raise KeyInvalid("this is neither a public key in PEM nor a JWK or JWK set")
    return tuple(PublicKey.from_pem(block[0]) for block in blocks)


def _from_json(text: str) -> tuple[PublicKey, ...]:
    """A JWK set, or one JWK, which is read as a set of one."""
    if len(text) > LARGEST_KEY_SET:
        raise KeyInvalid("the key set is too large")
    try:
        document = msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise KeyInvalid("this is not JSON, as a JWK set is") from error
    document = document if "keys" in document else {"keys": [document]}
    listed = document["keys"]
    if isinstance(listed, list) and any(isinstance(key, dict) and PRIVATE_MEMBERS & key.keys() for key in listed):
        raise KeyInvalid(IS_PRIVATE)
    return KeySet.from_jwks(msgspec.json.encode(document)).keys

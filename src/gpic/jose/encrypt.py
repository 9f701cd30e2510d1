"""Encrypting a few bytes that only the owner of an RSA key shall read."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.hashes import SHA1

from gpic.jose.keys import PublicKey, base64url

#: PKCS1-OAEP with nothing said of a hash means SHA-1 (RFC 8017 A.2.1), which OAEP does not ask to be free of collisions.
OAEP_HASH: Final = SHA1()  # noqa: S303 - see above


def encrypted_for(key: PublicKey, plain: bytes) -> str:
    """PKCS1-OAEP, as base64url without padding: four characters for every three bytes of the key's modulus."""
    return base64url(key.rsa.encrypt(plain, OAEP(mgf=MGF1(algorithm=OAEP_HASH), algorithm=OAEP_HASH, label=None)))

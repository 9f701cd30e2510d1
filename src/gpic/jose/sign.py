"""Signing: a compact JWS, RS512 unless told otherwise; in its header nothing but alg, typ and kid (`nhs-login.md` §6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA512, HashAlgorithm

from gpic.jose.keys import KeyElsewhere, SigningKey, base64url

ALGORITHM: Final = "RS512"
#: What we can sign with; RS256 is for test suites that insist on it.
HASHES: Final[Mapping[str, HashAlgorithm]] = MappingProxyType({ALGORITHM: SHA512(), "RS256": SHA256()})

#: What a claim of ours may be.
Claim = str | int | bool | list[str] | dict[str, str]


def sign(claims: Mapping[str, Claim], key: SigningKey | KeyElsewhere, algorithm: str = ALGORITHM) -> str:
    """The claims as a signed JWT; *algorithm* is one of HASHES, and ALGORITHM for a key elsewhere."""
    header = {"alg": algorithm, "typ": "JWT", "kid": key.kid}
    signed = f"{base64url(msgspec.json.encode(header))}.{base64url(msgspec.json.encode(dict(claims)))}"
    return f"{signed}.{base64url(_signature(signed.encode('ascii'), key, algorithm))}"


def _signature(message: bytes, key: SigningKey | KeyElsewhere, algorithm: str) -> bytes:
    if isinstance(key, SigningKey):
        return key.rsa.sign(message, PKCS1v15(), HASHES[algorithm])
    if algorithm != ALGORITHM:
        raise ValueError(f"a key elsewhere signs with {ALGORITHM} alone")
    return key.make(message)


def seconds(moment: datetime) -> int:
    """A moment as a NumericDate: whole seconds since 1970 (RFC 7519 §2)."""
    return int(moment.timestamp())

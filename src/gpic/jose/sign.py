"""Signing: a compact JWS with RS512, and nothing in the header but alg, typ and kid (`nhs-login.md` §6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512

from gpic.jose.keys import SigningKey, base64url

ALGORITHM: Final = "RS512"

#: What a claim of ours may be.
Claim = str | int | bool | list[str] | dict[str, str]


def sign(claims: Mapping[str, Claim], key: SigningKey) -> str:
    """The claims as a signed JWT."""
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": key.kid}
    signed = f"{base64url(msgspec.json.encode(header))}.{base64url(msgspec.json.encode(dict(claims)))}"
    return f"{signed}.{base64url(key.rsa.sign(signed.encode('ascii'), PKCS1v15(), SHA512()))}"


def seconds(moment: datetime) -> int:
    """A moment as a NumericDate: whole seconds since 1970 (RFC 7519 §2)."""
    return int(moment.timestamp())

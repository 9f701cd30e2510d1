"""Encrypting for the owner of a key."""

from __future__ import annotations

import base64
import re

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import RSAKey

from gpic.jose.encrypt import encrypted_for
from gpic.jose.keys import SigningKey, base64url


def opened(text: str, key: SigningKey) -> bytes:
    """What a partner reads with its private key."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return key.rsa.decrypt(raw, OAEP(mgf=MGF1(SHA1()), algorithm=SHA1(), label=None))  # noqa: S303 - the hash that OAEP means by default


def test_the_owner_reads_it(key: SigningKey) -> None:
    """PKCS1-OAEP in base64url without padding: 342 characters for a key of 2048 bits."""
    text = encrypted_for(key.public, b"a number")

    assert re.fullmatch(r"[A-Za-z0-9_-]{342}", text)
    assert b"a number" == opened(text, key)


def test_an_independent_library_reads_it(key: SigningKey) -> None:
    """It is what JOSE calls RSA-OAEP: a JWE whose content key we wrapped is opened."""
    content_key, nonce = bytes(range(16)), bytes(12)
    header = base64url(msgspec.json.encode({"alg": "RSA-OAEP", "enc": "A128GCM"}))
    sealed = AESGCM(content_key).encrypt(nonce, b"a text", header.encode())
    parts = [header, encrypted_for(key.public, content_key), *map(base64url, (nonce, sealed[:-16], sealed[-16:]))]

    opened_by_library = jwe.decrypt_compact(".".join(parts), RSAKey.import_key(key.private_pem), ["RSA-OAEP", "A128GCM"])

    assert b"a text" == opened_by_library.plaintext


def test_nobody_else_reads_it(key: SigningKey, other_key: SigningKey) -> None:
    """Another key opens nothing."""
    with pytest.raises(ValueError, match="Decryption failed"):
        opened(encrypted_for(key.public, b"a number"), other_key)


@settings(max_examples=20, deadline=None)
@given(plain=st.binary(max_size=32))
def test_it_never_looks_the_same_twice(key: SigningKey, plain: bytes) -> None:
    """OAEP is random."""
    first, second = encrypted_for(key.public, plain), encrypted_for(key.public, plain)

    assert first != second
    assert plain == opened(first, key) == opened(second, key)

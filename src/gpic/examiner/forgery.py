"""ID tokens that are not what they should be: written anew, and signed by NHS login's own key, by another, or by none."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512

from gpic.jose.keys import SigningKey, base64url

Words = dict[str, object]
Rewrite = Callable[[Words], None]


@dataclass(frozen=True)
class Forger:
    """Holds NHS login's key, and one that nobody knows."""

    key: SigningKey

    @cached_property
    def stranger(self) -> SigningKey:
        """A key that NHS login never published."""
        return SigningKey.generate()

    def rewritten(self, token: str, rewrite: Rewrite) -> str:
        """Other claims, rightly signed."""
        header, claims = opened(token)
        rewrite(claims)
        return _signed(header, claims, self.key)

    def by_a_stranger(self, token: str, *, kid: str = "") -> str:
        """The same claims under another key's signature, with NHS login's kid or another one."""
        header, claims = opened(token)
        return _signed({**header, **({"kid": kid} if kid else {})}, claims, self.stranger)

    def unsigned(self, token: str) -> str:
        """No signature, and no algorithm."""
        header, claims = opened(token)
        return f"{_piece({**header, 'alg': 'none'})}.{_piece(claims)}."

    def by_hmac(self, token: str) -> str:
        """HS512, with the public key for a secret."""
        header, claims = opened(token)
        text = f"{_piece({**header, 'alg': 'HS512'})}.{_piece(claims)}"
        return f"{text}.{base64url(hmac.digest(self.key.public_pem.encode(), text.encode(), hashlib.sha512))}"


def opened(token: str) -> tuple[Words, Words]:
    """Header and claims, unverified."""
    header, claims, _ = token.split(".")
    return _read(header), _read(claims)


def _read(piece: str) -> Words:
    return msgspec.json.decode(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)), type=Words)


def _piece(words: Mapping[str, object]) -> str:
    return base64url(msgspec.json.encode(words))


def _signed(header: Mapping[str, object], claims: Mapping[str, object], key: SigningKey) -> str:
    text = f"{_piece(header)}.{_piece(claims)}"
    return f"{text}.{base64url(key.rsa.sign(text.encode('ascii'), PKCS1v15(), SHA512()))}"


def in_json(rewrite: Rewrite) -> Callable[[bytes], bytes]:
    """An answer in JSON, with other fields."""

    def altered(body: bytes) -> bytes:
        fields = msgspec.json.decode(body, type=Words)
        rewrite(fields)
        return msgspec.json.encode(fields)

    return altered


def in_id_token(forge: Callable[[str], str]) -> Callable[[bytes], bytes]:
    """An answer of /token, with another ID token; one without stays."""

    def rewrite(fields: Words) -> None:
        if isinstance(token := fields.get("id_token"), str):
            fields["id_token"] = forge(token)

    return in_json(rewrite)


#: Whoever is named so is not NHS login, and is nowhere.
ELSEWHERE: Final = "https://elsewhere.example"

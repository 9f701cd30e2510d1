"""RSA keys: read, made, named, published."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NotRequired, Protocol, Self, TypedDict

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    RSAPublicNumbers,
    generate_private_key,
)

from gpic.jose.errors import KeyInvalid

SMALLEST_KEY: Final = 2048
#: Verifying with a giant modulus or exponent is slow work that a stranger could make us do.
LARGEST_KEY: Final = 8192
LARGEST_EXPONENT: Final = 2**32
LARGEST_KEY_SET: Final = 65_536  #: bytes
MOST_KEYS: Final = 32


class PublishedKey(TypedDict):
    """One entry of a JWK set (RFC 7517). *alg* is left out where a key signs with more than one algorithm."""

    kty: str
    use: str
    alg: NotRequired[str]
    kid: str
    n: str
    e: str


class _ForeignKey(msgspec.Struct):
    """What we read of somebody's JWK; `use` is often missing in the field."""

    kty: str = ""
    use: str = "sig"
    kid: str = ""
    n: str = ""
    e: str = ""


class _ForeignKeySet(msgspec.Struct):
    keys: list[_ForeignKey]


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key to verify with. *kid* is its name; a key registered without a name ("") answers to any."""

    rsa: RSAPublicKey = field(repr=False)
    kid: str = ""

    def __post_init__(self) -> None:
        if not SMALLEST_KEY <= self.rsa.key_size <= LARGEST_KEY or self.rsa.public_numbers().e > LARGEST_EXPONENT:
            raise KeyInvalid(f"RSA keys have {SMALLEST_KEY} to {LARGEST_KEY} bits and a small exponent")

    @classmethod
    def from_pem(cls, pem: str, kid: str = "") -> Self:
        """Reads a public RSA key in PEM; raises KeyInvalid."""
        try:
            key = serialization.load_pem_public_key(pem.encode())
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyInvalid("this is not a public key in PEM") from error
        if not isinstance(key, RSAPublicKey):
            raise KeyInvalid("only RSA keys are used here")
        return cls(key, kid)

    @property
    def thumbprint(self) -> str:
        """RFC 7638: SHA-256 over the key's members in canonical order; 43 base64url characters."""
        numbers = self.rsa.public_numbers()
        canonical = f'{{"e":"{_encoded_number(numbers.e)}","kty":"RSA","n":"{_encoded_number(numbers.n)}"}}'
        return base64url(hashlib.sha256(canonical.encode()).digest())

    def published(self, algorithm: str = "RS512") -> PublishedKey:
        """The key as an entry of a JWK set; *algorithm* "" for a key that is not kept to one."""
        numbers = self.rsa.public_numbers()
        entry = PublishedKey(
            kty="RSA",
            use="sig",
            kid=self.kid or self.thumbprint,
            n=_encoded_number(numbers.n),
            e=_encoded_number(numbers.e),
        )
        return {**entry, "alg": algorithm} if algorithm else entry


@dataclass(frozen=True, slots=True)
class KeySet:
    """Keys of one signer. `kid` is only a look-up in here: no path, no query, no fetching."""

    keys: tuple[PublicKey, ...]

    @classmethod
    def from_pems(cls, pems: Iterable[str]) -> Self:
        """Keys that were registered without names; raises KeyInvalid."""
        return cls(tuple(PublicKey.from_pem(pem) for pem in pems))

    @classmethod
    def from_jwks(cls, document: bytes) -> Self:
        """The RSA signing keys of a JWK set; others are passed over. Raises KeyInvalid."""
        if len(document) > LARGEST_KEY_SET:
            raise KeyInvalid("the key set is too large")
        try:
            listed = msgspec.json.decode(document, type=_ForeignKeySet).keys
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise KeyInvalid("this is not a JWK set") from error
        ours = [key for key in listed if key.kty == "RSA" and key.use == "sig"]
        if len(ours) > MOST_KEYS:
            raise KeyInvalid("the key set holds too many keys")
        return cls(tuple(_read(key) for key in ours))

    def candidates(self, kid: str) -> tuple[PublicKey, ...]:
        """The keys that *kid* may mean; a token without one may mean any."""
        if not kid:
            return self.keys
        return tuple(key for key in self.keys if key.kid in {kid, ""})


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key; its name is its thumbprint."""

    rsa: RSAPrivateKey = field(repr=False)
    public: PublicKey = field(init=False)

    def __post_init__(self) -> None:
        unnamed = PublicKey(self.rsa.public_key())
        object.__setattr__(self, "public", PublicKey(unnamed.rsa, unnamed.thumbprint))

    @classmethod
    def generate(cls, bits: int = SMALLEST_KEY) -> Self:
        """A fresh key, for sandboxes and tests."""
        if bits < SMALLEST_KEY:
            raise KeyInvalid(f"RSA keys have at least {SMALLEST_KEY} bits")
        return cls(generate_private_key(public_exponent=65_537, key_size=bits))

    @classmethod
    def from_pem(cls, pem: str) -> Self:
        """Reads an unencrypted private RSA key in PEM; raises KeyInvalid, which never quotes it."""
        try:
            key = serialization.load_pem_private_key(pem.encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyInvalid("this is not an unencrypted private key in PEM") from None
        if not isinstance(key, RSAPrivateKey):
            raise KeyInvalid("only RSA keys are used here")
        return cls(key)

    @property
    def kid(self) -> str:
        """The key's name."""
        return self.public.kid

    @property
    def public_pem(self) -> str:
        """The public half in PEM, as it is given at onboarding."""
        pem = self.public.rsa.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return pem.decode()

    @property
    def private_pem(self) -> str:
        """The whole key in PEM (PKCS 8, unencrypted): for a file that only its owner reads."""
        pem = self.rsa.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return pem.decode()


@dataclass(frozen=True, slots=True)
class KeyElsewhere:
    """A private key that never leaves where it is kept, such as a key-management service.

    *make* makes an RSASSA-PKCS1-v1_5 signature with SHA-512 over the bytes that it is given. It may take its time: the
    partner kit calls it in a thread.
    """

    public: PublicKey
    make: Callable[[bytes], bytes] = field(repr=False)

    @classmethod
    def of(cls, public_pem: str, make: Callable[[bytes], bytes]) -> Self:
        """The key whose public half this is; raises KeyInvalid."""
        unnamed = PublicKey.from_pem(public_pem)
        return cls(PublicKey(unnamed.rsa, unnamed.thumbprint), make)

    @property
    def kid(self) -> str:
        """The key's name."""
        return self.public.kid


class Keys(Protocol):
    """What signs and verifies at this moment: a KeyRing, or one that follows a rotation that others make."""

    @property
    def current(self) -> SigningKey:
        """The key that signs."""
        ...

    @property
    def key_set(self) -> KeySet:
        """Every key that verifies what was signed here, under its name."""
        ...


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Signing keys over time: *following* is published before it signs, *retired* ones until their last token expired."""

    current: SigningKey
    following: SigningKey | None = None
    retired: tuple[PublicKey, ...] = ()

    @property
    def key_set(self) -> KeySet:
        """All keys that verify tokens of ours, under their names."""
        following = (self.following.public,) if self.following is not None else ()
        named = (PublicKey(key.rsa, key.kid or key.thumbprint) for key in self.retired)
        return KeySet((self.current.public, *following, *named))

    def published(self) -> dict[str, list[PublishedKey]]:
        """The JWK set that partners fetch."""
        return published(self)

    def rotated(self, following: SigningKey | None = None) -> KeyRing:
        """The ring once its next key signs; raises KeyInvalid when there is none."""
        if self.following is None:
            raise KeyInvalid("there is no next key to rotate to")
        return KeyRing(self.following, following, (self.current.public, *self.retired))


def published(keys: Keys, algorithm: str = "RS512") -> dict[str, list[PublishedKey]]:
    """The JWK set that partners fetch; *algorithm* as in `PublicKey.published`."""
    return {"keys": [key.published(algorithm) for key in keys.key_set.keys]}


def base64url(raw: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _encoded_number(number: int) -> str:
    return base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def _read(key: _ForeignKey) -> PublicKey:
    try:
        rsa = RSAPublicNumbers(_number(key.e), _number(key.n)).public_key()
    except ValueError as error:
        raise KeyInvalid("the key set holds a key that is none") from error
    return PublicKey(rsa, key.kid)

"""Verifying: signature and claims in one step. Nobody gets claims out of a token without saying what must hold of them."""

from __future__ import annotations

import base64
import binascii
import hmac
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

from gpic.jose.errors import (
    AlgorithmRefused,
    AudienceWrong,
    ClaimsRefused,
    KeyUnknown,
    SignatureWrong,
    TokenExpired,
    TokenMalformed,
)
from gpic.jose.keys import KeySet

#: No HS*, so that a public key is never taken for a shared secret, and no `none`.
HASHES: Final[Mapping[str, HashAlgorithm]] = MappingProxyType({"RS256": SHA256(), "RS384": SHA384(), "RS512": SHA512()})
LONGEST_TOKEN: Final = 16_384
LONGEST_TEXT: Final = 1_024  #: of iss, sub, jti and each audience
MOST_AUDIENCES: Final = 8
LATEST: Final = 253_402_300_799  #: the last second that a datetime can tell

Audience = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimsPolicy:
    """What must hold of a token's claims. *now* is of the wire clock.

    *audience* judges the whole list, so that foreign values beside ours can be refused.
    """

    issuer: str
    audience: Callable[[Audience], bool] | None  #: None for what is addressed to nobody, as asserted identities are
    now: datetime
    subject: str = ""  #: "" for any
    skew: timedelta = timedelta(seconds=30)
    longest_life: timedelta | None = None  #: how far exp may lie ahead, and behind iat where there is one
    algorithms: frozenset[str] = frozenset({"RS512"})
    required: frozenset[str] = frozenset()  #: beside iss, exp and, where it is judged, aud


@dataclass(frozen=True, slots=True)
class VerifiedClaims:
    """The claims of a token whose signature and policy held. Its repr shows only the registered ones."""

    issuer: str
    subject: str
    audience: Audience
    expires: datetime
    issued_at: datetime | None
    jti: str
    kid: str
    claims: Mapping[str, object] = field(repr=False)

    def text(self, name: str) -> str:
        """A claim that must be a string; raises ClaimsRefused."""
        return _text(self.claims, name, is_required=True)

    def moment(self, name: str) -> datetime:
        """A claim that must be a NumericDate; raises ClaimsRefused."""
        moment = _moment(self.claims, name)
        if moment is None:
            raise ClaimsRefused(f"{name} is missing")
        return moment


class _Header(msgspec.Struct):
    """All that we read of a header. Keys and addresses of keys in it (jwk, jku, x5c, x5u) are never looked at."""

    alg: str
    kid: str = ""
    crit: msgspec.Raw = msgspec.Raw()


@dataclass(frozen=True, slots=True)
class _Parts:
    header: _Header
    signed: bytes
    signature: bytes
    payload: bytes


def verify(token: str, keys: KeySet, policy: ClaimsPolicy) -> VerifiedClaims:
    """The claims of *token*, proved under one of *keys* and *policy*; raises TokenRefused."""
    parts = _taken_apart(token)
    _check_signature(parts, keys, policy.algorithms)
    return _check_claims(_object(parts.payload), parts.header.kid, policy)


def unverified_issuer(token: str) -> str:
    """Who this token says made it: good for finding that one's keys, for nothing else. Raises TokenRefused."""
    return _text(_object(_taken_apart(token).payload), "iss", is_required=True)


def only(audience: str) -> Callable[[Audience], bool]:
    """The rule that a token is meant for *audience* and nobody else."""
    return lambda listed: listed == (audience,)


def includes(audience: str) -> Callable[[Audience], bool]:
    """The rule that a token is meant for *audience*, perhaps among others."""
    return lambda listed: audience in listed


def _taken_apart(token: str) -> _Parts:
    if len(token) > LONGEST_TOKEN:
        raise TokenMalformed("the token is too long")
    pieces = token.split(".")
    if len(pieces) != 3 or not token.isascii():  # noqa: PLR2004 - header, payload, signature
        raise TokenMalformed("the token is not a compact JWS")
    header, payload, signature = (_decoded(piece) for piece in pieces)
    try:
        read = msgspec.json.decode(header, type=_Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TokenMalformed("the header is not what a JWS header is") from error
    return _Parts(read, token.rpartition(".")[0].encode("ascii"), signature, payload)


def _decoded(piece: str) -> bytes:
    try:
        raw = base64.b64decode(piece + "=" * (-len(piece) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise TokenMalformed("a part is not base64url") from error
    # Only one spelling: otherwise one token has several texts, and a list of used ones does not know it again.
    if not hmac.compare_digest(base64.urlsafe_b64encode(raw).rstrip(b"="), piece.encode("ascii")):
        raise TokenMalformed("a part is not canonical base64url")
    return raw


def _check_signature(parts: _Parts, keys: KeySet, algorithms: frozenset[str]) -> None:
    header = parts.header
    if header.alg not in algorithms or header.alg not in HASHES:
        raise AlgorithmRefused("the algorithm is not allowed")
    if header.crit:
        raise AlgorithmRefused("the header demands extensions, and we know none")
    candidates = keys.candidates(header.kid)
    if not candidates:
        raise KeyUnknown("no key has this kid")
    for key in candidates:
        try:
            key.rsa.verify(parts.signature, parts.signed, PKCS1v15(), HASHES[header.alg])
        except InvalidSignature:
            continue
        return
    raise SignatureWrong("no key made this signature")


def _object(payload: bytes) -> Mapping[str, object]:
    try:
        return MappingProxyType(msgspec.json.decode(payload, type=dict[str, object]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TokenMalformed("the payload is not a JSON object") from error


def _check_claims(claims: Mapping[str, object], kid: str, policy: ClaimsPolicy) -> VerifiedClaims:
    if missing := sorted(name for name in policy.required if claims.get(name) in (None, "")):
        raise ClaimsRefused(f"{missing[0]} is missing")
    verified = VerifiedClaims(
        issuer=_text(claims, "iss", is_required=True),
        subject=_text(claims, "sub", is_required=bool(policy.subject)),
        audience=_audience(claims) if policy.audience is not None else (),
        expires=_expiry(claims, policy),
        issued_at=_moment(claims, "iat"),
        jti=_text(claims, "jti", is_required=False),
        kid=kid,
        claims=claims,
    )
    if verified.issuer != policy.issuer:
        raise ClaimsRefused("iss is somebody else")
    if policy.subject and verified.subject != policy.subject:
        raise ClaimsRefused("sub is somebody else")
    if policy.audience is not None and not policy.audience(verified.audience):
        raise AudienceWrong("aud does not fit")
    _check_beginning(claims, verified, policy)
    _check_life(verified, policy)
    return verified


def _expiry(claims: Mapping[str, object], policy: ClaimsPolicy) -> datetime:
    expires = _moment(claims, "exp")
    if expires is None:
        raise ClaimsRefused("exp is missing")
    if expires <= policy.now - policy.skew:
        raise TokenExpired("exp has passed")
    if policy.longest_life is not None and expires > policy.now + policy.longest_life + policy.skew:
        raise ClaimsRefused("exp lies too far ahead")
    return expires


def _check_beginning(claims: Mapping[str, object], verified: VerifiedClaims, policy: ClaimsPolicy) -> None:
    begins = _moment(claims, "nbf")
    if begins is not None and begins > policy.now + policy.skew:
        raise ClaimsRefused("nbf has not come")
    if verified.issued_at is not None and verified.issued_at > policy.now + policy.skew:
        raise ClaimsRefused("iat has not come")


def _check_life(verified: VerifiedClaims, policy: ClaimsPolicy) -> None:
    """What was made to live long is refused in its last minutes, too: `iat` tells."""
    if policy.longest_life is None or verified.issued_at is None:
        return
    if verified.expires - verified.issued_at > policy.longest_life + policy.skew:
        raise ClaimsRefused("the time between iat and exp is too long")


def _text(claims: Mapping[str, object], name: str, *, is_required: bool) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or (is_required and not value):
        raise ClaimsRefused(f"{name} is missing or not a text")
    return value


def _audience(claims: Mapping[str, object]) -> Audience:
    value = claims.get("aud")
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_AUDIENCES:
        raise ClaimsRefused("aud is missing or not a text or list of texts")
    texts = tuple(item for item in listed if isinstance(item, str) and 0 < len(item) <= LONGEST_TEXT)
    if len(texts) != len(listed):
        raise ClaimsRefused("aud is missing or not a text or list of texts")
    return texts


def _moment(claims: Mapping[str, object], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value <= LATEST:
        raise ClaimsRefused(f"{name} is not a NumericDate")
    return datetime.fromtimestamp(value, UTC)

"""The ID token: every check of R13, in one list (OIDC Core §3.1.3.7; `attacks-and-interop.md` 32 to 34)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from gpic.jose.errors import TokenRefused
from gpic.jose.keys import KeySet, base64url
from gpic.jose.verify import ClaimsPolicy, VerifiedClaims, only, verify
from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.nhs.trust import Vector, VectorInvalid, first_satisfied
from gpic.relying_party.errors import IdTokenInvalid
from gpic.relying_party.policy import RelyingPartySettings
from gpic.relying_party.token_endpoint import Tokens

LONGEST_SUB: Final = 255


@dataclass(frozen=True, slots=True)
class VerifiedIdToken:
    """Who logged in, when and how, proved. *jti* is "" where the token had none."""

    sub: str
    jti: str
    vot: Vector | None
    signed_in_at: datetime | None
    nhs_number: NhsNumber | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A token whose signature, iss, aud and times hold, beside what we asked for."""

    settings: RelyingPartySettings
    nonce: str
    tokens: Tokens
    verified: VerifiedClaims

    def text(self, name: str) -> str:
        """A claim that is a text; "" where it is absent or something else."""
        value = self.verified.claims.get(name)
        return value if isinstance(value, str) else ""


def sub_is_one(asked: _Asked) -> None:
    """At most 255 ASCII characters (`nhs-login.md` §6)."""
    sub = asked.verified.subject
    if len(sub) > LONGEST_SUB or not sub.isascii() or not sub.isprintable():
        raise IdTokenInvalid("sub is malformed")


def nonce_is_ours(asked: _Asked) -> None:
    """The token answers this very attempt."""
    if not hmac.compare_digest(asked.text("nonce").encode(), asked.nonce.encode()):
        raise IdTokenInvalid("nonce is not the attempt's")


def authorized_party_is_us(asked: _Asked) -> None:
    """azp, where it is present, is our client_id."""
    if "azp" in asked.verified.claims and asked.text("azp") != asked.settings.client_id:
        raise IdTokenInvalid("azp is somebody else")


def access_token_belongs_to_it(asked: _Asked) -> None:
    """at_hash, where it is present, is the left half of the access token's hash."""
    if "at_hash" not in asked.verified.claims:
        return
    digest = hashlib.new(f"sha{algorithm_of(asked.tokens)[2:]}", asked.tokens.access_token.reveal().encode()).digest()
    if not hmac.compare_digest(asked.text("at_hash").encode(), base64url(digest[: len(digest) // 2]).encode()):
        raise IdTokenInvalid("at_hash is another access token's")


def vector_satisfies_us(asked: _Asked) -> None:
    """Vot satisfies one of the vectors asked for, and vtm is where we expect its meaning (R13)."""
    if not asked.settings.checks_vectors:
        return
    vot = vector_of(asked)
    if vot is None or first_satisfied(vot, asked.settings.vectors) is None:
        raise IdTokenInvalid("vot satisfies none of the vectors asked for")
    if asked.text("vtm") != asked.settings.trustmark:
        raise IdTokenInvalid("vtm is not the issuer's")


CHECKS: Final[tuple[Callable[[_Asked], None], ...]] = (
    sub_is_one,
    nonce_is_ours,
    authorized_party_is_us,
    access_token_belongs_to_it,
    vector_satisfies_us,
)


def verify_id_token(
    tokens: Tokens, keys: KeySet, settings: RelyingPartySettings, *, nonce: str, now: datetime
) -> VerifiedIdToken:
    """Who logged in; raises IdTokenInvalid, and KeyUnknown where newer keys may help."""
    policy = ClaimsPolicy(
        issuer=settings.issuer,
        audience=only(settings.client_id),
        now=now,
        skew=settings.clock_skew,
        algorithms=frozenset(settings.algorithms),
        required=frozenset({"sub", "iat"}),
    )
    asked = _Asked(settings, nonce, tokens, verify(tokens.unverified_id_token.reveal(), keys, policy))
    for check in CHECKS:
        check(asked)
    return VerifiedIdToken(asked.verified.subject, asked.verified.jti, vector_of(asked), signed_in_at(asked), number_of(asked))


def vector_of(asked: _Asked) -> Vector | None:
    """The vot claim, None where it is absent or no vector."""
    try:
        return Vector.parse(asked.text("vot"))
    except VectorInvalid:
        return None


def signed_in_at(asked: _Asked) -> datetime | None:
    """auth_time, None where it is absent; raises IdTokenInvalid."""
    if "auth_time" not in asked.verified.claims:
        return None
    try:
        return asked.verified.moment("auth_time")
    except TokenRefused:
        raise IdTokenInvalid("auth_time is not a time") from None


def number_of(asked: _Asked) -> NhsNumber | None:
    """The NHS number, None where it is absent; raises IdTokenInvalid."""
    if "nhs_number" not in asked.verified.claims:
        return None
    try:
        return NhsNumber(asked.text("nhs_number"))
    except NhsNumberInvalid:
        raise IdTokenInvalid("nhs_number is none") from None


class _Header(msgspec.Struct):
    alg: str


def algorithm_of(tokens: Tokens) -> str:
    """The algorithm of a token that is verified already, such as RS512."""
    header = tokens.unverified_id_token.reveal().partition(".")[0]
    return msgspec.json.decode(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)), type=_Header).alg

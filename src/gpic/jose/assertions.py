"""RFC 7523 client assertions: how a client proves who it is at the token endpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from gpic.jose.keys import KeyElsewhere, SigningKey
from gpic.jose.sign import ALGORITHM, seconds, sign
from gpic.jose.verify import Audience, ClaimsPolicy

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_LIFE: Final = timedelta(hours=1)
LONGEST_STRICT_LIFE: Final = timedelta(minutes=5)


class AudiencePolicy(StrEnum):
    """What a client assertion's `aud` must be (`attacks-and-interop.md` 17)."""

    NHS = "nhs"  #: contains the token endpoint, nothing foreign beside it
    STRICT = "strict"  #: exactly one string, the issuer
    LENIENT = "lenient"  #: issuer or token endpoint, alone or together


@dataclass(frozen=True, slots=True)
class Addressee:
    """The provider that an assertion is made for."""

    issuer: str
    token_endpoint: str


def assertion(
    client_id: str, audience: str, key: SigningKey | KeyElsewhere, *, jti: str, now: datetime, life: timedelta
) -> str:
    """A client assertion for one use; *audience* is one string, never a list (`attacks-and-interop.md` 18)."""
    return sign(
        {"iss": client_id, "sub": client_id, "aud": audience, "jti": jti, "iat": seconds(now), "exp": seconds(now + life)},
        key,
    )


def assertion_policy(
    client_id: str,
    audience: AudiencePolicy,
    addressee: Addressee,
    now: datetime,
    skew: timedelta,
    algorithm: str = ALGORITHM,
) -> ClaimsPolicy:
    """What must hold of an assertion of this client: iss = sub = client_id, a jti, an exp that is near; iat may be missing."""
    return ClaimsPolicy(
        issuer=client_id,
        subject=client_id,
        audience=lambda listed: AUDIENCES[audience](listed, addressee),
        now=now,
        skew=skew,
        longest_life=LONGEST_STRICT_LIFE if audience is AudiencePolicy.STRICT else LONGEST_LIFE,
        algorithms=frozenset({algorithm}),
        required=frozenset({"jti"}),
    )


def _names_the_endpoint(listed: Audience, to: Addressee) -> bool:
    return to.token_endpoint in listed and {*listed} <= {to.token_endpoint, to.issuer}


def _is_the_issuer(listed: Audience, to: Addressee) -> bool:
    return listed == (to.issuer,)


def _is_one_of_us(listed: Audience, to: Addressee) -> bool:
    return {*listed} <= {to.token_endpoint, to.issuer}


#: Whole strings are compared, and no list may hold a foreign value (`attacks-and-interop.md` 17).
AUDIENCES: Final[Mapping[AudiencePolicy, Callable[[Audience, Addressee], bool]]] = MappingProxyType(
    {
        AudiencePolicy.NHS: _names_the_endpoint,
        AudiencePolicy.STRICT: _is_the_issuer,
        AudiencePolicy.LENIENT: _is_one_of_us,
    }
)

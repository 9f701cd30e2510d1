"""Partners as the provider knows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gpic.nhs.trust import DEFAULT_VECTORS, Vector


class AudiencePolicy(StrEnum):
    """What a client assertion's `aud` must be (`attacks-and-interop.md` 17)."""

    NHS = "nhs"  #: contains the token endpoint, nothing foreign beside it
    STRICT = "strict"  #: exactly one string, the issuer
    LENIENT = "lenient"  #: issuer or token endpoint, alone or together


@dataclass(frozen=True, slots=True)
class Client:
    """A registered partner service. *keys* are public RSA keys in PEM, at least 2048 bits each."""

    client_id: str
    name: str
    redirect_uris: frozenset[str]
    scopes: frozenset[str]
    keys: tuple[str, ...]
    vectors: tuple[Vector, ...] = DEFAULT_VECTORS
    im1_enabled: bool = False
    disabled: bool = False
    audience_policy: AudiencePolicy = AudiencePolicy.NHS

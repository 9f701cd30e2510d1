"""Partners as the provider knows them."""

from __future__ import annotations

from dataclasses import dataclass

from gpic.jose.assertions import AudiencePolicy
from gpic.nhs.trust import DEFAULT_VECTORS, Vector

__all__ = ["AudiencePolicy", "Client"]


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

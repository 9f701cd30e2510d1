"""Partners as the provider knows them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from gpic.jose.assertions import AudiencePolicy
from gpic.jose.keys import KeySet
from gpic.jose.registered import registered_key_set
from gpic.jose.sign import ALGORITHM
from gpic.nhs.trust import DEFAULT_VECTORS, Vector

__all__ = ["AudiencePolicy", "Client"]


@dataclass(frozen=True, slots=True)
class Client:
    """A registered partner service. *keys* are public RSA keys of at least 2048 bits, PEM or JWK each, the newest last."""

    client_id: str
    name: str
    redirect_uris: frozenset[str]
    scopes: frozenset[str]
    keys: tuple[str, ...]
    vectors: tuple[Vector, ...] = DEFAULT_VECTORS
    im1_enabled: bool = False
    disabled: bool = False
    audience_policy: AudiencePolicy = AudiencePolicy.NHS
    algorithm: str = ALGORITHM  #: of its assertions and of the ID tokens that it gets
    #: Other clients that believe this one when it asserts who comes (`nhs-login.md` §7); itself always does.
    hands_over_to: frozenset[str] = frozenset()

    @property
    def key_set(self) -> KeySet:
        """What its signatures are verified with; raises KeyInvalid where storage holds what no registration let in."""
        return _key_set(self.keys)

    def may_hand_over_to(self, client_id: str) -> bool:
        """Whether an identity asserted by this client counts at that one."""
        return client_id == self.client_id or client_id in self.hands_over_to


@lru_cache(maxsize=512)
def _key_set(keys: tuple[str, ...]) -> KeySet:
    """Reading a key costs more than verifying with it."""
    return registered_key_set(keys)

"""The identity token that EMIS wants with a verification (N9): who it is, how well proved, and when they last signed in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from gpic.credentials.ports import Person
from gpic.jose.keys import Keys
from gpic.jose.sign import Claim, seconds, sign
from gpic.nhs.clock import Clocks
from gpic.nhs.secret import Secret
from gpic.provider.policy import ProviderPolicy
from gpic.provider.randomness import random_text


@dataclass(frozen=True, slots=True)
class SignedIdentityTokens:
    """Implements `gpic.credentials.ports.IdentityTokens` with the provider's own keys."""

    keys: Keys
    policy: ProviderPolicy
    audience: str  #: the GP systems' name for themselves
    clocks: Clocks = field(default_factory=Clocks)
    new_text: Callable[[], str] = random_text  #: for jti

    def mint(self, person: Person) -> Secret:
        """A signed JWT of ten minutes. P9 with two factors holds of everybody who is registered (N5)."""
        now = self.clocks.wire.now()
        claims: dict[str, Claim] = {
            "iss": self.policy.issuer,
            "sub": self._pseudonym(person),
            "aud": self.audience,
            "iat": seconds(now),
            "exp": seconds(now + self.policy.identity_token_lifetime),
            "jti": self.new_text(),
            "nhs_number": person.nhs_number.digits,
            "identity_proofing_level": "P9",
            "vot": "P9.Cp.Cd",
        }
        if person.signed_in_at is not None:
            claims["auth_time"] = seconds(person.signed_in_at)
        return Secret(sign(claims, self.keys.current))

    def _pseudonym(self, person: Person) -> str:
        """Pairwise: steady for GP systems, and none of the `sub`s that partners know (OIDC Core §8.1)."""
        return hashlib.sha256(f"{self.audience}|{person.id}".encode()).hexdigest()

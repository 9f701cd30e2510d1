"""What the provider says of itself: exactly what it supports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gpic.jose.keys import Keys, PublishedKey, published
from gpic.nhs.trust import ProofingLevel
from gpic.provider.policy import ProviderPolicy
from gpic.provider.scopes import SCOPES
from gpic.provider.token.claims import ACCESS_TOKEN, ID_TOKEN
from gpic.provider.token.grants import GRANTS

Document = dict[str, str | bool | list[str]]

#: For our own use and of no use to partners.
INWARD: Final = frozenset({"family", "scope"})


@dataclass(frozen=True, slots=True)
class Discovery:
    """Metadata, keys and trustmark."""

    keys: Keys
    policy: ProviderPolicy

    def metadata(self) -> Document:
        """OpenID Connect Discovery §3 and RFC 8414 §2, one document for both paths."""
        issuer = self.policy.issuer
        document: Document = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": self.policy.token_endpoint,
            "userinfo_endpoint": f"{issuer}/userinfo",
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "scopes_supported": [scope.name for scope in SCOPES.values() if scope.offered],
            "claims_supported": _claims(),
            "claim_types_supported": ["normal"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(GRANTS),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": list(self.policy.algorithms),
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": list(self.policy.algorithms),
            "code_challenge_methods_supported": ["S256"],
            "display_values_supported": ["page", "touch"],
            "prompt_values_supported": ["none", "login"],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": False,
        }
        if self.policy.sends_issuer:
            document["authorization_response_iss_parameter_supported"] = True
        return document

    def key_set(self) -> dict[str, list[PublishedKey]]:
        """The keys that verify our tokens."""
        # A key that signs with two algorithms is published without one: a verifier would hold it to that.
        return published(self.keys, "" if self.policy.rs256_allowed else "RS512")

    def trustmark(self, host: str) -> Document | None:
        """What our vectors mean (`nhs-login.md` §6); None for a host that is not ours."""
        if host != self.policy.host:
            return None
        return {
            "idp": self.policy.issuer,
            "trustmark_provider": self.policy.issuer,
            "P": [level.name for level in ProofingLevel],
            "C": [f"C{letter}" for letter in "pdkm" if letter in self.policy.credentials_offered],
        }


def _claims() -> list[str]:
    stated = [name for name in {**ID_TOKEN, **ACCESS_TOKEN} if name not in INWARD]
    given = [claim for scope in SCOPES.values() if scope.offered for claim in scope.claims]
    return list(dict.fromkeys([*stated, *given]))

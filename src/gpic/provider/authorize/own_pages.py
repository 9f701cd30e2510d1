"""Signing in to a page of our own: a request that no partner made and that ends without a code."""

from __future__ import annotations

from typing import Final

from gpic.nhs.trust import Vector
from gpic.provider.clients import Client
from gpic.provider.policy import ProviderPolicy
from gpic.provider.stages import AuthorizeRequest

#: Nobody can register this.
OURSELVES: Final = ""
#: Two factors, whatever the level.
VECTORS: Final = (Vector.parse("Cp.Cd"), Vector.parse("Cp.Ck"), Vector.parse("Cm"))


def own_request(path: str, policy: ProviderPolicy) -> AuthorizeRequest:
    """What stands for a partner's request while somebody signs in for the page at *path*."""
    address, scopes = f"{policy.issuer}{path}", frozenset({"openid"})
    ourselves = Client(OURSELVES, "This page", frozenset({address}), scopes, keys=(), vectors=VECTORS)
    return AuthorizeRequest(ourselves, address, state="", nonce="", scopes=scopes, vectors=VECTORS)


def is_own(request: AuthorizeRequest) -> bool:
    """Whether it is ours."""
    return request.client.client_id == OURSELVES

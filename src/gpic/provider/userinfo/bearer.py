"""Who may read /userinfo: an access token of ours whose family, client and consent still stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from gpic.jose.errors import TokenRefused
from gpic.jose.keys import Keys
from gpic.jose.verify import Audience, ClaimsPolicy, VerifiedClaims, verify
from gpic.nhs.clock import Clock
from gpic.nhs.trust import Vector
from gpic.provider.accounts import Account
from gpic.provider.clients import Client
from gpic.provider.errors import (
    AccessTokenInvalid,
    UserinfoRequestInvalid,
    UserinfoScopeInsufficient,
    UserinfoUnauthenticated,
)
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Accounts, Clients, Consents, Families
from gpic.provider.scopes import OPENID, still_shared


@dataclass(frozen=True, slots=True)
class AccessGrant:
    """What this token opens at this moment: *scopes* are those granted that the person still shares (N6)."""

    client: Client
    account: Account
    scopes: frozenset[str]
    vot: Vector


def unverified_token(authorizations: Sequence[str], *, is_sent_elsewhere: bool) -> str:
    """The token of the one Authorization header; *is_sent_elsewhere*: query or form holds one. Raises UserinfoRefused."""
    if is_sent_elsewhere or len(authorizations) > 1:
        raise UserinfoRequestInvalid
    scheme, _, token = (authorizations[0] if authorizations else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UserinfoUnauthenticated
    return token.strip()


@dataclass(frozen=True, slots=True)
class Gate:
    """What admission looks at."""

    clients: Clients
    accounts: Accounts
    consents: Consents
    families: Families
    keys: Keys
    policy: ProviderPolicy
    clock: Clock  #: wire


async def admit(token: str, gate: Gate) -> AccessGrant:
    """The grant behind an unverified token; raises AccessTokenInvalid or UserinfoScopeInsufficient."""
    verified = _verified(token, gate)
    client = await gate.clients.get(verified.audience[0])
    if client is None:
        raise AccessTokenInvalid(detail="the client is unknown")
    if client.disabled:
        raise AccessTokenInvalid(detail="the client is disabled")
    if not await gate.families.is_alive(verified.text("family")):
        raise AccessTokenInvalid(detail="the family is revoked")
    account = await gate.accounts.by_subject(verified.subject)
    if account is None:
        raise AccessTokenInvalid(detail="the account is gone")
    granted = frozenset(verified.text("scope").split())
    if OPENID not in granted:
        raise UserinfoScopeInsufficient
    shared = still_shared(granted, await gate.consents.agreed(account.subject, client.client_id), client.scopes)
    return AccessGrant(client, account, shared, Vector.parse(verified.text("vot")))


def _verified(token: str, gate: Gate) -> VerifiedClaims:
    policy = ClaimsPolicy(
        issuer=gate.policy.issuer,
        audience=_is_one_client,
        now=gate.clock.now(),
        skew=timedelta(),  # we made it by our own clock
        # `scope` and `family` tell it from our ID tokens, which are signed with the same key.
        required=frozenset({"sub", "scope", "family", "vot"}),
    )
    try:
        return verify(token, gate.keys.key_set, policy)
    except TokenRefused as error:
        raise AccessTokenInvalid(detail=f"{type(error).__name__}: {error}") from error


def _is_one_client(listed: Audience) -> bool:
    return len(listed) == 1

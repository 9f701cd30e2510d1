"""Which client is calling: private_key_jwt and nothing else (`nhs-login.md` §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from gpic.jose.assertions import ASSERTION_TYPE, Addressee, assertion_policy
from gpic.jose.errors import TokenRefused as AssertionRefused
from gpic.jose.keys import KeySet
from gpic.jose.verify import unverified_issuer, verify
from gpic.provider.clients import Client
from gpic.provider.errors import ClientInvalid
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Clients, JtiUse
from gpic.provider.token.form import TokenForm


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """A client that proved who it is; *use* is claimed in the transaction of the redemption."""

    client: Client
    use: JtiUse


async def authenticate(form: TokenForm, clients: Clients, policy: ProviderPolicy, now: datetime) -> AuthenticatedClient:
    """The client behind the form's assertion; *now* is of the wire clock. Raises ClientInvalid, always with the same text."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise ClientInvalid(detail="client_assertion_type is missing or not jwt-bearer")
    try:
        return await _authenticate(form, clients, policy, now)
    except AssertionRefused as error:
        raise ClientInvalid(detail=f"{type(error).__name__}: {error}") from error


async def _authenticate(form: TokenForm, clients: Clients, policy: ProviderPolicy, now: datetime) -> AuthenticatedClient:
    unverified_assertion = form.get("client_assertion")
    unverified_client_id = unverified_issuer(unverified_assertion)
    if form.get("client_id") not in {"", unverified_client_id}:
        raise ClientInvalid(detail="client_id differs from iss")
    client = await clients.get(unverified_client_id)
    if client is None or client.disabled:
        raise ClientInvalid(detail="the client is unknown or disabled")
    addressee = Addressee(policy.issuer, policy.token_endpoint)
    wanted = assertion_policy(client.client_id, client.audience_policy, addressee, now, policy.clock_skew)
    verified = verify(unverified_assertion, _keys_of(client.keys), wanted)
    return AuthenticatedClient(client, JtiUse(client.client_id, verified.jti, verified.expires + policy.clock_skew))


@lru_cache(maxsize=512)
def _keys_of(pems: tuple[str, ...]) -> KeySet:
    """Reading PEM costs more than verifying with it."""
    return KeySet.from_pems(pems)

"""Which client is calling: private_key_jwt and nothing else (`nhs-login.md` §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gpic.jose.assertions import ASSERTION_TYPE, Addressee, assertion_policy
from gpic.jose.errors import TokenRefused as AssertionRefused
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
    if client is None:
        raise ClientInvalid(detail="the client is unknown")
    try:
        return _proved(unverified_assertion, client, policy, now)
    except AssertionRefused as error:
        # The client is one of ours, so its name is fit for the log.
        raise ClientInvalid(detail=f"{type(error).__name__}: {error} (client {client.client_id})") from error


def _proved(unverified_assertion: str, client: Client, policy: ProviderPolicy, now: datetime) -> AuthenticatedClient:
    """The client, once its assertion holds; raises ClientInvalid and AssertionRefused."""
    if client.disabled:
        raise ClientInvalid(detail=f"the client is disabled (client {client.client_id})")
    if client.algorithm not in policy.algorithms:
        raise ClientInvalid(detail=f"{client.algorithm} is not allowed here any more (client {client.client_id})")
    addressee, skew = Addressee(policy.issuer, policy.token_endpoint), policy.clock_skew
    wanted = assertion_policy(client.client_id, client.audience_policy, addressee, now, skew, client.algorithm)
    verified = verify(unverified_assertion, client.key_set, wanted)
    return AuthenticatedClient(client, JtiUse(client.client_id, verified.jti, verified.expires + skew))

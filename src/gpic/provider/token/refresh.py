"""grant_type=refresh_token: the latest refresh token becomes a fresh access token and its own successor."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import assert_never

from gpic.provider.errors import ClientInvalid, GrantInvalid, TokenScopeInvalid
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import JtiReplayed, Reused, Rotated, TooWide, Unknown
from gpic.provider.scopes import GP_CREDENTIALS
from gpic.provider.token.authentication import AuthenticatedClient
from gpic.provider.token.desk import Answering, Desk, TokenReply
from gpic.provider.token.form import TokenForm


@dataclass(frozen=True, slots=True, repr=False)
class Refreshing:
    """What a form says that shall become a fresh access token."""

    refresh_token: str
    scopes: frozenset[str]  #: empty for all that was granted


def refresh(form: TokenForm, policy: ProviderPolicy) -> Answering:
    """Reads the form; what it returns gives a new access token within what the login granted.

    Raises TokenRequestInvalid, and TokenScopeInvalid where nothing is asked for but what no refresh gives (N3).
    """
    asked = Refreshing(form.required("refresh_token"), frozenset(form.get("scope").split()))
    if asked.scopes and not refreshable(asked.scopes, policy):
        raise TokenScopeInvalid(detail="only what a refresh never gives was asked for")
    return partial(_refresh, asked)


async def _refresh(asked: Refreshing, caller: AuthenticatedClient, desk: Desk) -> TokenReply:
    client, now = caller.client, desk.clocks.wire.now()
    rotation = await desk.families.rotate(
        asked.refresh_token, client.client_id, caller.use, now, asked=asked.scopes, successor=desk.new_text()
    )
    match rotation:
        case Rotated(grant, successor):
            scopes = refreshable(asked.scopes or grant.scopes, desk.policy)
            return await desk.reply(client, grant, scopes, successor, with_id_token=False)
        case TooWide():
            raise TokenScopeInvalid
        case Reused():
            raise GrantInvalid(detail="an older refresh token came back; its family is revoked")
        case Unknown():
            raise GrantInvalid(detail="the refresh token is unknown, expired or somebody else's")
        case JtiReplayed():
            raise ClientInvalid(detail=f"the assertion was used before (client {client.client_id})")
        case other:
            assert_never(other)


def refreshable(scopes: frozenset[str], policy: ProviderPolicy) -> frozenset[str]:
    """What of *scopes* a refreshed access token carries: GP credentials only where a setting keeps them (N3)."""
    return scopes if policy.refresh_keeps_gp_scope else scopes - {GP_CREDENTIALS}

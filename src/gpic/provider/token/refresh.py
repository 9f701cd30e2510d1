"""grant_type=refresh_token: the latest refresh token becomes a fresh access token and its own successor."""

from __future__ import annotations

from typing import assert_never

from gpic.provider.errors import ClientInvalid, GrantInvalid, TokenScopeInvalid
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import Grant, JtiReplayed, Reused, Rotated, Unknown
from gpic.provider.scopes import GP_CREDENTIALS
from gpic.provider.token.authentication import AuthenticatedClient
from gpic.provider.token.desk import Desk, TokenReply
from gpic.provider.token.form import TokenForm


async def refresh(form: TokenForm, caller: AuthenticatedClient, desk: Desk) -> TokenReply:
    """A new access token within what the login granted; raises TokenRefused."""
    refresh_token = form.required("refresh_token")
    client_id, now = caller.client.client_id, desk.clocks.wire.now()
    rotation = await desk.families.rotate(refresh_token, client_id, caller.use, now, successor=desk.new_text())
    match rotation:
        case Rotated(grant, successor):
            scopes = narrowed(form.get("scope"), grant, desk.policy)
            return await desk.reply(grant, scopes, successor, with_id_token=False)
        case Reused():
            raise GrantInvalid(detail="an older refresh token came back; its family is revoked")
        case Unknown():
            raise GrantInvalid(detail="the refresh token is unknown, expired or somebody else's")
        case JtiReplayed():
            raise ClientInvalid(detail="the assertion was used before")
        case other:
            assert_never(other)


def narrowed(scope: str, grant: Grant, policy: ProviderPolicy) -> frozenset[str]:
    """What a refresh gives: all that was granted or the part asked for, without GP credentials (N3).

    Raises TokenScopeInvalid where more is asked than was granted. The refresh token is replaced by then; the client
    gets the same successor when it asks again within the grace.
    """
    asked = frozenset(scope.split()) or grant.scopes
    if not asked <= grant.scopes:
        raise TokenScopeInvalid
    return asked if policy.refresh_keeps_gp_scope else asked - {GP_CREDENTIALS}

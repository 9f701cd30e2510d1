"""grant_type=authorization_code: a code becomes tokens, once."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from gpic.jose.keys import base64url
from gpic.provider.errors import ClientInvalid, GrantInvalid
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import AlreadyUsed, Binding, Grant, JtiReplayed, Redeemed, Unknown
from gpic.provider.token.authentication import AuthenticatedClient
from gpic.provider.token.desk import Answering, Desk, TokenReply
from gpic.provider.token.form import TokenForm


@dataclass(frozen=True, slots=True, repr=False)
class Redeeming:
    """What a form says that shall become tokens."""

    code: str
    redirect_uri: str
    code_verifier: str  #: "" without PKCE


def redeem(form: TokenForm, _policy: ProviderPolicy) -> Answering:
    """Reads the form; what it returns gives tokens for a code of this client and redirect URI. Raises TokenRequestInvalid."""
    asked = Redeeming(form.required("code"), form.required("redirect_uri"), form.get("code_verifier"))
    return partial(_redeem, asked)


async def _redeem(asked: Redeeming, caller: AuthenticatedClient, desk: Desk) -> TokenReply:
    binding = Binding(caller.client.client_id, asked.redirect_uri)
    refresh_token = desk.new_text()
    redemption = await desk.codes.redeem(asked.code, binding, caller.use, desk.clocks.wire.now(), refresh_token=refresh_token)
    match redemption:
        case Redeemed(grant):
            if not code_verifier_fits(asked.code_verifier, grant):
                # The code is spent now, and whoever brought it without its verifier got it from somebody else.
                await desk.families.revoke(grant.family)
                raise GrantInvalid(detail="code_verifier does not fit")
            return await desk.reply(caller.client, grant, grant.scopes, refresh_token, with_id_token=True)
        case AlreadyUsed():
            raise GrantInvalid(detail="the code was used before; its tokens are revoked")
        case Unknown():
            raise GrantInvalid(detail="the code is unknown, expired or somebody else's")
        case JtiReplayed():
            raise ClientInvalid(detail=f"the assertion was used before (client {caller.client.client_id})")
        case other:
            assert_never(other)


def code_verifier_fits(verifier: str, grant: Grant) -> bool:
    """PKCE S256 (RFC 7636 §4.6): both or neither (`attacks-and-interop.md` 14)."""
    challenge = base64url(hashlib.sha256(verifier.encode()).digest()) if verifier else ""
    return hmac.compare_digest(challenge.encode(), grant.code_challenge.encode())

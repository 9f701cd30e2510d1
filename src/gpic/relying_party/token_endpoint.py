"""The code becomes tokens; the client proves itself with its key (`nhs-login.md` §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx2
import msgspec

from gpic.jose.assertions import ASSERTION_TYPE, assertion
from gpic.nhs.secret import Secret
from gpic.outbound import Reply
from gpic.relying_party.errors import ClientRefused, CodeRefused, IdTokenInvalid
from gpic.relying_party.policy import RelyingPartySettings

OK: Final = 200


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the code bought; nothing in them is verified yet."""

    access_token: Secret
    unverified_id_token: Secret


class _Tokens(msgspec.Struct):
    access_token: str
    token_type: str
    id_token: str


class _Error(msgspec.Struct):
    error: str = ""


def token_request(
    client: httpx2.AsyncClient, settings: RelyingPartySettings, code: str, *, jti: str, now: datetime
) -> httpx2.Request:
    """The request that redeems *code*. Assertion and request go to the pinned endpoint, as one string, never a list."""
    proof = assertion(
        settings.client_id, settings.token_endpoint, settings.key, jti=jti, now=now, life=settings.client_assertion_life
    )
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": settings.redirect_uri,
        "client_id": settings.client_id,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": proof,
    }
    return client.build_request("POST", settings.token_endpoint, data=form, headers={"accept": "application/json"})


def read_tokens(reply: Reply) -> Tokens:
    """The tokens; raises CodeRefused, ClientRefused, IdTokenInvalid."""
    if reply.status != OK:
        refused = reply.read(_Error)
        if refused is not None and refused.error == "invalid_grant":
            raise CodeRefused
        raise ClientRefused(f"status {reply.status} at the token endpoint")
    tokens = reply.read(_Tokens)
    if tokens is None or tokens.token_type.lower() != "bearer" or not tokens.access_token:
        raise IdTokenInvalid("the token endpoint's answer is not what was promised")
    return Tokens(Secret(tokens.access_token), Secret(tokens.id_token))

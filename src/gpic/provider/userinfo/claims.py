"""The answer of /userinfo: who it is, and what the scopes of this token give at this moment."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gpic.jose.sign import Claim
from gpic.provider.claims import given
from gpic.provider.entitlement import may_have_gp_credentials
from gpic.provider.policy import ProviderPolicy
from gpic.provider.ports import ClientMetadata, GpOffer
from gpic.provider.randomness import random_number
from gpic.provider.scopes import CLIENT_METADATA, GP_CREDENTIALS, GP_REGISTRATION
from gpic.provider.userinfo.bearer import AccessGrant, Gate, admit
from gpic.provider.userinfo.client_metadata import asked_to_keep, must_reach_client_metadata, to_keep

LOG = logging.getLogger("gpic.provider")
#: Why somebody who asked got nothing: the level, the vector or the client does not reach (N5).
NOT_ENTITLED: Final = "not-entitled"


@dataclass(frozen=True, slots=True)
class Userinfo:
    """The userinfo endpoint without HTTP."""

    gate: Gate
    offer: GpOffer
    client_metadata: ClientMetadata
    new_number: Callable[[], bytes] = random_number

    async def answer(self, unverified_token: str) -> dict[str, Claim]:
        """The claims behind an access token; raises UserinfoRefused. Never calls a GP system."""
        access = await admit(unverified_token, self.gate)
        claims = await claims_of(access, self.offer, self.gate.policy)
        kept = await self._kept_for(access) if CLIENT_METADATA in access.scopes else ""
        return claims | ({"client_user_metadata": kept} if kept else {})

    async def change(self, unverified_token: str, body: bytes) -> None:
        """PATCH: keep another `client_user_metadata`, "" for none, "auto" for a number made here; raises UserinfoRefused."""
        access = await admit(unverified_token, self.gate)
        must_reach_client_metadata(access)
        text = to_keep(asked_to_keep(body), access.client, self.new_number)
        await self.client_metadata.keep(access.account.subject, access.client.client_id, text)

    async def _kept_for(self, access: AccessGrant) -> str:
        return await self.client_metadata.of(access.account.subject, access.client.client_id)


async def claims_of(access: AccessGrant, offer: GpOffer, policy: ProviderPolicy) -> dict[str, Claim]:
    """iss, sub and aud always; the rest by scope and level (`nhs-login.md` §5)."""
    claims: dict[str, Claim] = {"iss": policy.issuer, "sub": access.account.subject, "aud": access.client.client_id}
    claims |= given(access.scopes, access.account)
    credentials = await _gp_credentials(access, offer, policy, names_practice=GP_REGISTRATION in claims)
    return claims | ({GP_CREDENTIALS: credentials} if credentials is not None else {})


async def _gp_credentials(
    access: AccessGrant, offer: GpOffer, policy: ProviderPolicy, *, names_practice: bool
) -> dict[str, str] | None:
    """All three or nothing (N4), decided again by N5; the engine records what it releases (N7)."""
    if not may_have_gp_credentials(access.scopes, access.client, access.account, access.vot, policy):
        if GP_CREDENTIALS in access.scopes:
            await offer.withhold(access.account.person, access.client.client_id, NOT_ENTITLED)
            LOG.info("GP credentials withheld", extra={"client_id": access.client.client_id, "detail": NOT_ENTITLED})
        return None
    practice = access.account.practice if names_practice else None
    details = await offer.release(access.account.person, access.client.client_id, practice)
    LOG.info("GP credentials asked for", extra={"client_id": access.client.client_id, "released": details is not None})
    if details is None:
        return None
    return {
        "gp_user_id": details.account_id,
        "gp_linkage_key": details.linkage_key.reveal(),
        "gp_ods_code": details.ods_code.code,
    }

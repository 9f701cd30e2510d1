"""`asserted_login_identity` (R14): who came, vouched for by the partner whom NHS login told (`nhs-login.md` §7)."""

from __future__ import annotations

from datetime import datetime

from gpic.jose.sign import seconds, sign
from gpic.relying_party.policy import RelyingPartySettings


def asserted_identity(settings: RelyingPartySettings, id_token_jti: str, *, jti: str, now: datetime) -> str:
    """A JWT for one use within 60 s, for ourselves or another partner; *id_token_jti* names the login that it continues."""
    return sign(
        {
            "iss": settings.client_id,
            "code": id_token_jti,
            "jti": jti,
            "iat": seconds(now),
            "exp": seconds(now + settings.identity_assertion_life),
        },
        settings.key,
    )

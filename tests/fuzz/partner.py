"""What NHS login and browsers send to the partner kit."""

from __future__ import annotations

import json
from typing import Final

import httpx2
import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA512

from gpic.jose.errors import TokenRefused
from gpic.jose.keys import KeySet, base64url
from gpic.jose.sign import seconds
from gpic.nhs.secret import Secret
from gpic.outbound import Reply
from gpic.relying_party.callback import code_of, read_callback
from gpic.relying_party.discovery import read_keys, read_metadata
from gpic.relying_party.errors import LoginRefused
from gpic.relying_party.id_token import VerifiedIdToken, verify_id_token
from gpic.relying_party.token_endpoint import Tokens, read_tokens
from gpic.relying_party.userinfo import read_userinfo
from tests.fuzz.bending import any_of, queries
from tests.fuzz.target import Target
from tests.unit.relying_party.world import CLIENT_ID, ISSUER, NOW, NUMBER, key, settings

SETTINGS: Final = settings()
PROVIDER: Final = key("provider")
ID_TOKEN: Final[dict[str, object]] = {
    "iss": ISSUER, "sub": "mary", "aud": CLIENT_ID, "azp": CLIENT_ID, "nonce": "n", "iat": seconds(NOW),
    "exp": seconds(NOW) + 60, "auth_time": seconds(NOW), "vot": "P9.Cp.Cd", "vtm": SETTINGS.trustmark, "jti": "j",
    "at_hash": "x", "nhs_number": NUMBER.digits, "identity_proofing_level": "P9",
}  # fmt: skip
USERINFO: Final[dict[str, object]] = {
    "sub": "mary", "iss": ISSUER, "aud": CLIENT_ID, "nhs_number": NUMBER.digits, "birthdate": "1984-02-17",
    "family_name": "Ashworth",
    "gp_integration_credentials": {"gp_user_id": "2917340058", "gp_ods_code": "A12345", "gp_linkage_key": "kT4m9XqZ2bLp"},
    "gp_registration_details": {"gp_ods_code": "A12345"},
}  # fmt: skip
METADATA: Final[dict[str, object]] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "jwks_uri": f"{ISSUER}/.well-known/jwks.json",
}
TOKENS: Final[dict[str, object]] = {"access_token": "a", "token_type": "bearer", "id_token": "a.b.c", "expires_in": 300}
MARY: Final = VerifiedIdToken("mary", "j", None, NOW, NUMBER)


def id_token(payload: bytes) -> object:
    """Any text under NHS login's own signature."""
    text = f"{base64url(json.dumps({'alg': 'RS512', 'kid': PROVIDER.kid}).encode())}.{base64url(payload)}"
    token = f"{text}.{base64url(PROVIDER.rsa.sign(text.encode(), PKCS1v15(), SHA512()))}"
    tokens = Tokens(Secret("a"), Secret(token))
    return verify_id_token(tokens, KeySet((PROVIDER.public,)), SETTINGS, nonce="n", now=NOW)


def both_statuses(data: bytes) -> None:
    """The token endpoint's answer, good and bad."""
    for status in (400, 200):
        try:
            read_tokens(Reply(status, httpx2.Headers(), data))
        except LoginRefused:
            continue


TARGETS: Final = (
    Target(
        "callback",
        queries(
            (("code", "c"), ("state", "s"), ("iss", ISSUER)), ("error", "error_description", "code", "state", "session_state")
        ),
        lambda data: code_of(read_callback(data.decode("latin-1")), ISSUER),
        (LoginRefused,),
    ),
    Target("id-token", any_of(ID_TOKEN), id_token, (LoginRefused, TokenRefused)),
    Target(
        "userinfo",
        any_of(USERINFO),
        lambda data: read_userinfo(Reply(200, httpx2.Headers({"content-type": "application/json"}), data), MARY, SETTINGS),
        (LoginRefused,),
    ),
    Target("tokens", any_of(TOKENS, {"error": "invalid_grant"}), both_statuses),
    Target("metadata", any_of(METADATA), lambda data: read_metadata(data, SETTINGS), (LoginRefused,)),
    Target(
        "published-keys",
        any_of(msgspec.to_builtins({"keys": [PROVIDER.public.published()]})),
        read_keys,
        (LoginRefused,),
    ),
)

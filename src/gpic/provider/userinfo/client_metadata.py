"""What a partner keeps with us about a person: opaque to us, 1024 characters at most (`nhs-login.md` §4, §5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from gpic.jose.encrypt import encrypted_for
from gpic.provider.clients import Client
from gpic.provider.errors import UserinfoRequestInvalid, UserinfoScopeInsufficient
from gpic.provider.scopes import CLIENT_METADATA
from gpic.provider.userinfo.bearer import AccessGrant

LONGEST: Final = 1024  #: characters
#: The word that asks for a fresh random number instead of itself.
AUTO: Final = "auto"


class _Patch(msgspec.Struct, forbid_unknown_fields=True):
    """The one thing at /userinfo that a partner may change."""

    client_user_metadata: str


def asked_to_keep(body: bytes) -> str:
    """The text of a PATCH; raises UserinfoRequestInvalid, which never quotes it."""
    try:
        text = msgspec.json.decode(body, type=_Patch).client_user_metadata
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UserinfoRequestInvalid("The body must be JSON with client_user_metadata, a text, and nothing else") from None
    if len(text) > LONGEST:
        raise UserinfoRequestInvalid(f"client_user_metadata has more than {LONGEST} characters")
    return text


def must_reach_client_metadata(access: AccessGrant) -> None:
    """Changing needs the scope, as reading does, and that it is still shared (N6). Raises UserinfoScopeInsufficient."""
    if CLIENT_METADATA not in access.scopes:
        raise UserinfoScopeInsufficient(f"The access token lacks the scope {CLIENT_METADATA}")


def to_keep(text: str, client: Client, new_number: Callable[[], bytes]) -> str:
    """What is kept for *text*: itself, or for "auto" a random number that only the client can read.

    It is encrypted with the newest of the client's keys, which the client will have for longest. Raises
    UserinfoRequestInvalid where that key is so large that the result would be longer than what may be kept.
    """
    if text != AUTO:
        return text
    sealed = encrypted_for(client.key_set.keys[-1], new_number())
    if len(sealed) > LONGEST:
        raise UserinfoRequestInvalid("The client's key is too large for a number encrypted with it to be kept")
    return sealed

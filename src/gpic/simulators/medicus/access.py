"""Client credentials for an access token that serves all tenants (RFC 6749 §2.3.1, §4.4)."""

from __future__ import annotations

import secrets
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from gpic.nhs.clock import Clock
from gpic.simulators.ids import Mint
from gpic.simulators.lane import Reply, json_reply

MOST_FIELDS: Final = 20


@dataclass(slots=True)
class Access:
    """Access tokens, in memory, on the wire clock. *secrets_of* holds the applications' secrets by their ids."""

    secrets_of: Mapping[str, str]
    clock: Clock
    mint: Mint
    _issued: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def answer(self, authorization: str, body: bytes, lifetime: timedelta) -> Reply:
        """POST /oauth2/token."""
        application = self._authenticated(authorization)
        if application is None:
            challenge = {"www-authenticate": 'Basic realm="medicus"'}
            return json_reply(401, {"error": "invalid_client"}, ok=False, headers=challenge)
        granted = grants_in(body)
        if len(granted) != 1:
            return json_reply(400, {"error": "invalid_request"}, ok=False)
        if granted != ["client_credentials"]:
            return json_reply(400, {"error": "unsupported_grant_type"}, ok=False)
        token = self.mint.opaque("mda-", 28)
        self._issued[token] = (application, self.clock.now() + lifetime)
        said = {"access_token": token, "token_type": "Bearer", "expires_in": int(lifetime.total_seconds())}
        return json_reply(200, said, headers={"cache-control": "no-store"})

    def holder(self, authorization: str) -> str | None:
        """The application that a living access token was given to."""
        kind, _, token = authorization.strip().partition(" ")
        application, until = self._issued.get(token.strip(), ("", self.clock.now()))
        return application if kind.lower() == "bearer" and self.clock.now() < until else None

    def revoke_all(self) -> None:
        """All access tokens die in the middle of their lives."""
        self._issued.clear()

    def _authenticated(self, authorization: str) -> str | None:
        """The application that these Basic credentials prove."""
        given = credentials_in(authorization)
        known = self.secrets_of.get(given[0]) if given is not None else None
        if given is None or known is None or not secrets.compare_digest(known.encode(), given[1].encode()):
            return None
        return given[0]


def credentials_in(authorization: str) -> tuple[str, str] | None:
    """Id and secret of a Basic header, each form-decoded; None where it is none."""
    kind, _, coded = authorization.strip().partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, is_pair, secret = b64decode(coded.strip(), validate=True).decode("utf-8").partition(":")
        decoded = unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        return None
    return decoded if is_pair else None


def grants_in(body: bytes) -> list[str]:
    """Every `grant_type` of a form; empty where it is none."""
    try:
        return [value for name, value in parse_qsl(body.decode("utf-8"), max_num_fields=MOST_FIELDS) if name == "grant_type"]
    except ValueError:
        return []

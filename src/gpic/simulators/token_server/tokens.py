"""Opaque access tokens for signed assertions (`demographics.md` §1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from gpic.nhs.clock import Clock
from gpic.simulators.ids import Mint
from gpic.simulators.lane import Reply, json_reply
from gpic.simulators.token_server.assertion import CHECKS, JTI_MEMORY, Desk, Keys, Refused, client_of, parse

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MOST_FIELDS: Final = 20


@dataclass(slots=True)
class Tokens:
    """Access tokens and used jtis, in memory, on the wire clock.

    *clients* holds what each application publishes: public keys by API key and kid. What was read of it serves for an hour,
    so that a key that is published now verifies only then.
    """

    clients: Mapping[str, Keys]
    clock: Clock
    mint: Mint
    keys_serve: timedelta = timedelta(hours=1)
    _issued: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    _used: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _read: dict[str, tuple[Keys, datetime]] = field(default_factory=dict)

    def answer(self, body: bytes, token_url: str, lifetime: timedelta) -> Reply:
        """POST /oauth2/token."""
        try:
            api_key = self._admit(form(body), token_url)
        except Refused as refused:
            said = {"error": refused.error, "error_description": refused.description, "message_id": self.mint.guid()}
            return json_reply(refused.status, said, ok=False)
        now = self.clock.now()
        token = self.mint.opaque(length=28)
        self._issued[token] = (api_key, now + lifetime)
        return json_reply(
            200,
            {
                "access_token": token,
                "token_type": "Bearer",
                "issued_at": str(int(now.timestamp() * 1000)),
                "expires_in": str(int(lifetime.total_seconds())),
            },
        )

    def holder(self, token: str) -> str | None:
        """The API key that a living token was given to."""
        api_key, until = self._issued.get(token, ("", self.clock.now()))
        return api_key if self.clock.now() < until else None

    def revoke_all(self) -> None:
        """All tokens die in the middle of their lives."""
        self._issued.clear()

    def _admit(self, fields: Mapping[str, str], token_url: str) -> str:
        """The API key of a good request; its jti is remembered. Raises Refused."""
        if fields.get("grant_type") != "client_credentials":
            raise Refused(400, "grant_type is invalid", "unsupported_grant_type")
        if fields.get("client_assertion_type") != ASSERTION_TYPE:
            raise Refused(400, f"Missing or invalid client_assertion_type - must be '{ASSERTION_TYPE}'")
        if not fields.get("client_assertion"):
            raise Refused(400, "Missing client_assertion")
        assertion = parse(fields["client_assertion"])
        now = self.clock.now()
        desk = Desk(self._keys_of(client_of(assertion), now), token_url, now, self._used)
        for check in CHECKS:
            check(assertion, desk)
        self._used[client_of(assertion), str(assertion.claims["jti"])] = now + JTI_MEMORY
        return client_of(assertion)

    def _keys_of(self, api_key: str, now: datetime) -> Mapping[str, Keys]:
        """This application's keys as they were when they were last read; empty where there is no such application."""
        if api_key not in self.clients:
            return {}
        keys, until = self._read.get(api_key, ({}, now))
        if until <= now:
            keys, until = dict(self.clients[api_key]), now + self.keys_serve
            self._read[api_key] = keys, until
        return {api_key: keys}


def form(body: bytes) -> dict[str, str]:
    """The fields of a form, the last of a name; empty where it is none."""
    try:
        return dict(parse_qsl(body.decode("utf-8"), max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}

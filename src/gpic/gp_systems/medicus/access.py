"""The access token for Medicus: client credentials, fetched when needed and by one caller for all."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote_plus

import httpx2

from gpic.gp_systems.medicus import wire
from gpic.nhs.answers import Reason, Refused, Silence, Unexpected
from gpic.nhs.clock import Clock
from gpic.nhs.secret import Secret
from gpic.outbound import Reply, ask, no_answer

PATH: Final = "oauth2/token"
#: A token is not used in its last half minute, so that it lasts for the call that it was fetched for.
MARGIN: Final = timedelta(seconds=30)
LONGEST_LIFE: Final = timedelta(hours=1)
OK: Final = 200
REFUSALS: Final = frozenset({400, 401})  #: RFC 6749 §5.2


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token, and until when (wire clock) it is used."""

    text: Secret
    until: datetime


class Access:
    """One application's access token. *client_id* and *client_secret* are ours; *clock* is the wire's."""

    def __init__(self, client: httpx2.AsyncClient, client_id: str, client_secret: Secret, clock: Clock) -> None:
        self._client = client
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._kept: AccessToken | None = None
        self._fetching: asyncio.Task[AccessToken | Refused | Silence] | None = None

    async def current(self, *, instead_of: AccessToken | None = None) -> AccessToken | Refused | Silence:
        """A token to use now; *instead_of* names one that was not taken. Callers of one moment share one answer."""
        kept = self._kept
        if kept is not None and kept is not instead_of and self._clock.now() < kept.until:
            return kept
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._fetched)
        # Shielded: a caller who gives up does not take the others' answer away.
        return await asyncio.shield(self._fetching)

    def _fetched(self, _: asyncio.Task[AccessToken | Refused | Silence]) -> None:
        self._fetching = None

    async def _fetch(self) -> AccessToken | Refused | Silence:
        reply = await ask(self._client, self._request())
        if not isinstance(reply, Reply):
            return reply
        if reply.status in REFUSALS:
            return Refused(Reason.APPLICATION_REFUSED, f"medicus-access-{reply.status}")
        granted = reply.read(wire.Granted) if reply.status == OK else None
        if granted is None or not wire.BEARER.fullmatch(granted.access_token):
            return no_answer(reply) or Unexpected(f"medicus-access-{reply.status}")
        life = min(timedelta(seconds=max(0, min(granted.expires_in, 10**6))), LONGEST_LIFE)
        self._kept = AccessToken(Secret(granted.access_token), self._clock.now() + life - MARGIN)
        return self._kept

    def _request(self) -> httpx2.Request:
        # RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._client_secret.reveal())}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return self._client.build_request("POST", PATH, data={"grant_type": "client_credentials"}, headers=headers)

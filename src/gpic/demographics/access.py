"""The access token for PDS and MNS: client credentials with a signed JWT, kept until it ends (`demographics.md` §1.3)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

import httpx2
import msgspec

from gpic.nhs.answers import Unreachable
from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.secret import Secret
from gpic.outbound import Reply, ask, retry_after

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: At most five minutes ahead; less leaves room for clocks that differ.
ASSERTION_LIFE: Final = timedelta(minutes=4)
#: A token is not used in its last half minute, so that it lasts for the call that it was fetched for.
MARGIN: Final = timedelta(seconds=30)
LONGEST_LIFE: Final = timedelta(hours=1)
OK: Final = 200
BEARER: Final = re.compile(r"[\x21-\x7e]{1,8000}")

#: Signs claims as a JWT with RS512, and a `kid` that the platform knows, in its header.
Sign = Callable[[dict[str, str | int]], str]


class Granted(msgspec.Struct, frozen=True):
    """The token endpoint's reply. `expires_in` is seconds, and a string there."""

    access_token: str
    expires_in: str | int = 0

    def __repr__(self) -> str:
        return "Granted(•••)"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token, and until when (wire clock) it may be used."""

    text: Secret
    until: datetime


class AccessTokens:
    """One application's access token, fetched when needed and once at a time.

    *api_key* is its `iss` and `sub`; *clock* is the wire's; *sign* puts the `kid` into the header.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        token_url: str,
        api_key: str,
        sign: Sign,
        *,
        clock: Clock | None = None,
        new_jti: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._client = client
        self._token_url = token_url
        self._api_key = api_key
        self._sign = sign
        self._clock = clock or SystemClock()
        self._new_jti = new_jti
        self._kept: AccessToken | None = None
        self._turn = asyncio.Lock()

    async def current(self, *, refused: AccessToken | None = None) -> AccessToken | Unreachable:
        """A token to use now. *refused* names one that the interface did not take: it is replaced, unless it already was."""
        async with self._turn:
            if self._kept is None or self._kept is refused or self._kept.until <= self._clock.now():
                fetched = await self._fetch()
                if isinstance(fetched, Unreachable):
                    return fetched
                self._kept = fetched
            return self._kept

    async def _fetch(self) -> AccessToken | Unreachable:
        now = self._clock.now()
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._sign(self._assertion(now)),
        }
        reply = await ask(self._client, self._client.build_request("POST", self._token_url, data=form))
        if not isinstance(reply, Reply):
            return reply if isinstance(reply, Unreachable) else Unreachable(detail=reply.code)
        granted = reply.read(Granted) if reply.status == OK else None
        if granted is None or not BEARER.fullmatch(granted.access_token):
            return Unreachable(retry_after(reply), detail=f"access-token-{reply.status}")
        return AccessToken(Secret(granted.access_token), now + _life(granted) - MARGIN)

    def _assertion(self, now: datetime) -> dict[str, str | int]:
        return {
            "iss": self._api_key,
            "sub": self._api_key,
            "aud": self._token_url,
            "jti": self._new_jti(),
            "exp": int((now + ASSERTION_LIFE).timestamp()),
        }


def _life(granted: Granted) -> timedelta:
    """How long the token lasts, between nothing and an hour; nothing when that cannot be read: it then serves one call."""
    text = str(granted.expires_in)
    seconds = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
    return min(timedelta(seconds=seconds), LONGEST_LIFE)

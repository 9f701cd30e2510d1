"""The Personal Demographics Service, application-restricted, as the engine uses it (`demographics.md` §1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import uuid4

import httpx2

from gpic.credentials.ports import NotOnPds, PracticeFound
from gpic.demographics.access import AccessToken, AccessTokens
from gpic.demographics.pds import reading
from gpic.demographics.turns import Turns
from gpic.nhs.answers import Silence, Unreachable
from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.numbers import NhsNumber
from gpic.outbound import Pause, Reply, ask, persist, retry_after

UNAUTHENTICATED: Final = 401
#: What NHS test suites ask again (§1.7); elsewhere the engine's own pauses serve (N12).
WORTH_ASKING_AGAIN: Final = frozenset({429, 502, 503})
ATTEMPTS: Final = 3
PATIENCE: Final = timedelta(seconds=4)  #: a login may be waiting
LONGEST_WAIT: Final = timedelta(seconds=2)  #: a longer `Retry-After` is handed on instead of waited for


class PdsClient:
    """PDS for one application of ours. *client* is opened on the FHIR address; *clock* is the world's (periods).

    *turns* keep to the limit that all workers on all hosts share; without them every call goes out at once.
    """

    def __init__(
        self,
        client: httpx2.AsyncClient,
        tokens: AccessTokens,
        *,
        turns: Turns | None = None,
        clock: Clock | None = None,
        new_uuid: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._turns = turns
        self._client = client
        self._tokens = tokens
        self._clock = clock or SystemClock()
        self._new_uuid = new_uuid

    async def look_up(self, nhs_number: NhsNumber) -> PracticeFound | NotOnPds | Unreachable:
        """GET Patient; asked again a little while PDS is busy, and once with a new token when the old is refused."""
        ids = {"X-Request-ID": self._new_uuid(), "X-Correlation-ID": self._new_uuid()}  # the same on every attempt (§1.4)
        reply = await persist(lambda: self._get(nhs_number, ids), _pause, attempts=ATTEMPTS, patience=PATIENCE)
        if isinstance(reply, Reply):
            return reading.found(reply, self._clock.now().date())
        return reply if isinstance(reply, Unreachable) else Unreachable(detail=reply.code)

    async def _get(self, nhs_number: NhsNumber, ids: dict[str, str]) -> Reply | Silence:
        token = await self._tokens.current()
        if isinstance(token, Unreachable):
            return token
        reply = await self._get_with(token, nhs_number, ids)
        if not isinstance(reply, Reply) or reply.status != UNAUTHENTICATED:
            return reply
        token = await self._tokens.current(refused=token)
        return token if isinstance(token, Unreachable) else await self._get_with(token, nhs_number, ids)

    async def _get_with(self, token: AccessToken, nhs_number: NhsNumber, ids: dict[str, str]) -> Reply | Silence:
        if self._turns and (too_long := await self._turns.wait()):
            return too_long
        headers = ids | {"Authorization": f"Bearer {token.text.reveal()}", "Accept": "application/fhir+json"}
        return await ask(self._client, self._client.build_request("GET", f"Patient/{nhs_number.digits}", headers=headers))


def _pause(reply: Reply | Silence) -> Pause:
    if not isinstance(reply, Reply) or reply.status not in WORTH_ASKING_AGAIN:
        return False
    named = retry_after(reply)
    if named is None:
        return True
    return named if named <= LONGEST_WAIT else False

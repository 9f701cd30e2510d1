"""A practice's system in an open session: any endpoint that a partner is entitled to, with the right headers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import httpx2

from gpic.nhs.answers import GpSession
from gpic.outbound import Reply
from gpic.relying_party.errors import SessionOver
from gpic.relying_party.outcomes import Connected
from gpic.relying_party.ports import InSession

T = TypeVar("T")

#: What the supplier calls this session's user and patient, such as `userPatientLinkToken`.
Own = Mapping[str, str]
Params = Mapping[str, str] | Callable[[Own], Mapping[str, str]]
Content = bytes | str | Callable[[Own], bytes | str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as it is made for each session anew."""

    method: str
    path: str
    params: Params | None
    headers: Mapping[str, str] | None
    content: Content | None


class PracticeLine:
    """An HTTP client in a session. A session that the system has ended is opened anew, once for each request.

    Paths are relative to the supplier's address. *params* and *content* may be functions of what the session is called,
    since another session has other names. Raises SessionOver, and what httpx2 raises where nobody answers.
    """

    def __init__(self, system: InSession, connected: Connected, again: Callable[[], Awaitable[GpSession | None]]) -> None:
        #: With the session that is open now: what to keep, and to end.
        self.connected = connected
        self._system = system
        self._again = again
        self._opening = asyncio.Lock()

    @property
    def session(self) -> GpSession:
        """The session that is open now."""
        return self.connected.session

    @property
    def own(self) -> Own:
        """What the supplier calls this session's user and patient."""
        return self._system.naming(self.session)

    async def request(
        self,
        method: str,
        path: str = "",
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
    ) -> httpx2.Response:
        """One request, and its answer; *path* "" is the address itself."""
        asked = _Asked(method, path, params, headers, content)
        carried = self.session
        response = await self._send(asked)
        if self._system.has_ended(Reply(response.status_code, response.headers, response.content)):
            await self._open_again(carried)
            return await self._send(asked)
        return response

    async def get(self, path: str = "", *, params: Params | None = None) -> httpx2.Response:
        """GET."""
        return await self.request("GET", path, params=params)

    async def post(self, path: str = "", *, content: Content, headers: Mapping[str, str] | None = None) -> httpx2.Response:
        """POST."""
        return await self.request("POST", path, content=content, headers=headers)

    async def keep_alive(self) -> bool:
        """Let the session not run out; one that has is opened anew. False where the system does not answer.

        Raises SessionOver. Suppliers do not say how long a session lasts without use: some minutes is a good rhythm.
        """
        carried = self.session
        answer = await self._system.stays_open(carried)
        if not isinstance(answer, bool):
            return False
        if not answer:
            await self._open_again(carried)
        return True

    async def _send(self, asked: _Asked) -> httpx2.Response:
        client, own = self._system.client, self.own
        headers = {**(asked.headers or {}), **self._system.carrying(self.session)}
        params, content = told(asked.params, own), told(asked.content, own)
        url = asked.path or str(client.base_url)
        return await client.request(asked.method, url, params=params, headers=headers, content=content)

    async def _open_again(self, ended: GpSession) -> None:
        """Another session in the place of this one, once for all who notice at one moment; raises SessionOver."""
        async with self._opening:
            if self.session is not ended:
                return
            session = await self._again()
            if session is None:
                raise SessionOver
            self.connected = replace(self.connected, session=session)


def told(given: T | Callable[[Own], T], own: Own) -> T:
    """What was given, or what its function makes for this session."""
    return given(own) if callable(given) else given

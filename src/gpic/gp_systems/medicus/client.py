"""Medicus as the engine and the partner kit use it, by a provisional contract (docs/reference/medicus-contract.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import uuid4

import httpx2
import msgspec

from gpic.credentials.ports import Applicant
from gpic.gp_systems.medicus import replies, wire
from gpic.gp_systems.medicus.access import Access, AccessToken
from gpic.nhs.answers import (
    Accepted,
    AccountOpened,
    CheckAnswer,
    GpSession,
    LinkAnswer,
    Reason,
    Refused,
    Rejected,
    Retrieved,
    SessionAnswer,
    SessionOpened,
    Silence,
    Unreachable,
)
from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Reply, ask

UNAUTHORISED: Final = 401


class Medicus:
    """Medicus for one application of ours. *client* is opened on the interface's address; nothing here raises."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        client_id: str,
        client_secret: Secret,
        *,
        clock: Clock | None = None,
        new_uuid: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._client = client
        self._access = Access(client, client_id, client_secret, clock or SystemClock())
        self._new_uuid = new_uuid

    async def retrieve(self, applicant: Applicant) -> Retrieved:
        """The linkage details by NHS number."""
        reply = await self._post(tenant_of(applicant.practice), "linkage/find", _person(applicant))
        return replies.found(reply, applicant.practice) if isinstance(reply, Reply) else reply

    async def verify_anew(self, applicant: Applicant) -> Retrieved:
        """A retrieve: the contract knows no restricted level."""
        return await self.retrieve(applicant)

    async def open_account(self, applicant: Applicant) -> AccountOpened:
        """An account, its details and our token at once."""
        words = msgspec.structs.replace(_person(applicant), email_address=applicant.email, mobile_number=applicant.mobile)
        reply = await self._post(tenant_of(applicant.practice), "linkage", words)
        return replies.made(reply, applicant.practice) if isinstance(reply, Reply) else reply

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """Our own token for the details."""
        words = wire.LinkageWords(
            account_id=details.account_id,
            linkage_key=details.linkage_key.reveal(),
            family_name=demographics.family_name,
            birth_date=demographics.birth_date,
        )
        reply = await self._post(tenant_of(details.ods_code), "token", words)
        return replies.linked(reply) if isinstance(reply, Reply) else reply

    async def check(self, token: Im1Token, practice: OdsCode) -> CheckAnswer:
        """A session, at once ended again; whom it shows is the proof (N2)."""
        entered = await self._enter(token, practice)
        if not isinstance(entered, replies.Entered):
            return entered
        await self.end_session(entered.session)
        return Accepted(entered.shown)

    async def open_session(self, token: Im1Token, practice: OdsCode) -> SessionAnswer:
        """A session to work with, and whom it shows."""
        entered = await self._enter(token, practice)
        return SessionOpened(entered.session, entered.shown) if isinstance(entered, replies.Entered) else entered

    async def end_session(self, session: GpSession) -> None:
        """End it, as well as it goes."""
        visit = replies.visit_of(session)
        if visit is not None:
            await self._send("DELETE", f"{visit.tenant}/session", {"X-Session-Id": visit.session_id})

    async def _enter(self, token: Im1Token, practice: OdsCode) -> replies.Entered | Rejected | Refused | Silence:
        text, tenant = replies.token_of(token), tenant_of(practice)
        if text is None:
            return Rejected(Reason.TOKEN_INVALID, "medicus-token-unreadable")
        reply = await self._post(tenant, "session", wire.TokenWords(token=text))
        return replies.entered(reply, tenant) if isinstance(reply, Reply) else reply

    async def _post(self, tenant: str, resource: str, words: wire.Words) -> Reply | Refused | Silence:
        headers = {"Content-Type": "application/json"}
        return await self._send("POST", f"{tenant}/{resource}", headers, msgspec.json.encode(words))

    async def _send(
        self, method: str, path: str, headers: dict[str, str], content: bytes | None = None
    ) -> Reply | Refused | Silence:
        """One request; once more with a fresh access token after a 401, which says nothing of what the body holds."""
        access: AccessToken | None = None
        for _ in range(2):
            granted = await self._access.current(instead_of=access)
            if not isinstance(granted, AccessToken):
                return granted
            access = granted
            ours = {"Authorization": f"Bearer {access.text.reveal()}", "X-Request-Id": self._new_uuid()}
            reply = await ask(self._client, self._client.build_request(method, path, headers=headers | ours, content=content))
            if not isinstance(reply, Reply) or reply.status != UNAUTHORISED:
                return reply
        return Unreachable(detail="medicus-access-not-taken")


def tenant_of(practice: OdsCode) -> str:
    """A practice's name in paths."""
    return practice.code.lower()


def _person(applicant: Applicant) -> wire.PersonWords:
    return wire.PersonWords(
        nhs_number=applicant.nhs_number.digits,
        family_name=applicant.demographics.family_name,
        birth_date=applicant.demographics.birth_date,
        identity_token=applicant.identity_token.reveal(),
    )

"""EMIS Web as the engine and the partner kit use it: each method is the list of its calls (`gp-systems.md` §2.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx2
import msgspec

from gpic.credentials.ports import Applicant
from gpic.gp_systems.emis import replies, wire
from gpic.nhs.answers import (
    Accepted,
    AccountOpened,
    CheckAnswer,
    GpSession,
    LinkAnswer,
    Reason,
    Refused,
    Rejected,
    Restricted,
    Retrieved,
    SessionAnswer,
    SessionOpened,
    ShownPatient,
    Silence,
    Unexpected,
)
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Reply, Timeouts, ask, no_answer

DEFAULT: Final = Timeouts()
EXTENDED: Final = Timeouts(answer=timedelta(seconds=120))  #: E1, E3, E4 and E5 (§2.8)


@dataclass(frozen=True, slots=True)
class _Seen:
    visit: wire.Visit
    shown: ShownPatient


class EmisWeb:
    """EMIS Web for one application of ours. *client* is opened on the interface's address; nothing here raises."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        application_id: str,
        version: str = "1",
        *,
        timeouts: Timeouts = DEFAULT,
        extended: Timeouts = EXTENDED,
    ) -> None:
        self._client = client
        self._application = {"X-API-ApplicationId": application_id, "X-API-Version": version}
        self._timeouts = timeouts
        self._extended = extended

    async def retrieve(self, applicant: Applicant) -> Retrieved:
        """E1, E4: the linkage details by NHS number and identity token. Without a token nothing is asked (N9)."""
        if not applicant.identity_token.reveal().strip():
            return Refused(Reason.MALFORMED, "emis-retrieve-no-identity-token")
        visit = await self._begin()
        if not isinstance(visit, wire.Visit):
            return visit
        request = wire.VerificationRequest(
            national_practice_code=applicant.practice.code,
            nhs_number=applicant.nhs_number.digits,
            token=applicant.identity_token.reveal(),
        )
        reply = await self._post("me/verifications", visit, request, self._extended)
        return replies.retrieved(reply, applicant.practice) if isinstance(reply, Reply) else reply

    async def verify_anew(self, applicant: Applicant) -> Retrieved:
        """E1, E4 once more: the identity token's fresh `auth_time` lifts a restriction (N17)."""
        return await self.retrieve(applicant)

    async def open_account(self, applicant: Applicant) -> AccountOpened:
        """E1, E5: an account, whose details EMIS tells only on a retrieve. Without an e-mail nothing is asked (N9)."""
        if not applicant.email.strip():
            return Refused(Reason.MALFORMED, "emis-create-no-email")
        visit = await self._begin()
        if not isinstance(visit, wire.Visit):
            return visit
        request = wire.AccountRequest(
            national_practice_code=applicant.practice.code,
            nhs_number=applicant.nhs_number.digits,
            email_address=applicant.email,
        )
        reply = await self._post("users/nhs", visit, request, self._extended)
        return replies.opened(reply) if isinstance(reply, Reply) else reply

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """E1, E3: our own token for the details; EMIS e-mails the patient each time."""
        visit = await self._begin()
        if not isinstance(visit, wire.Visit):
            return visit
        request = wire.ApplicationRequest(
            surname=demographics.family_name,
            date_of_birth=f"{demographics.birth_date}T00:00:00",
            linkage_details=wire.LinkageDetails(
                account_id=details.account_id,
                linkage_key=details.linkage_key.reveal(),
                national_practice_code=details.ods_code.code,
            ),
        )
        reply = await self._post("me/applications", visit, request, self._extended)
        return replies.linked(reply) if isinstance(reply, Reply) else reply

    async def check(self, token: Im1Token, practice: OdsCode) -> CheckAnswer:
        """E1, E2, E6: whether the token opens a session, and whose. Without an NHS number that proves nothing (N2)."""
        seen = await self._enter(token, practice)
        if not isinstance(seen, _Seen):
            return seen
        return Accepted(seen.shown) if seen.shown.nhs_numbers else Unexpected("emis-demographics-no-number")

    async def open_session(self, token: Im1Token, practice: OdsCode) -> SessionAnswer:
        """E1, E2, E6: a session to work with, and whom it shows."""
        seen = await self._enter(token, practice)
        if not isinstance(seen, _Seen):
            return seen
        handle = Secret(msgspec.json.encode(seen.visit).decode())
        return SessionOpened(GpSession(replies.SUPPLIER, handle), seen.shown)

    async def end_session(self, session: GpSession) -> None:
        """Nothing: EMIS knows no such call (§2.7)."""

    @property
    def client(self) -> httpx2.AsyncClient:
        """Opened on the interface's address."""
        return self._client

    def carrying(self, session: GpSession) -> Mapping[str, str]:
        """The session's headers (§2.1)."""
        visit = replies.visit_of(session)
        return self._headers(visit) if visit else {}

    def naming(self, session: GpSession) -> Mapping[str, str]:
        """`userPatientLinkToken`: whom a request is about, the patient themselves. Most endpoints want it."""
        visit = replies.visit_of(session)
        return {"userPatientLinkToken": visit.user_patient_link_token} if visit else {}

    def has_ended(self, reply: Reply) -> bool:
        """HTTP 401, or the literal sentence (§2.3)."""
        return wire.session_is_lost(reply)

    async def stays_open(self, session: GpSession) -> bool | Silence:
        """E6, as NHS App does it (§2.6)."""
        visit = replies.visit_of(session)
        reply = await self._demographics(visit) if visit else None
        if not isinstance(reply, Reply):
            return reply or False
        return no_answer(reply) or not self.has_ended(reply)

    async def _enter(self, token: Im1Token, practice: OdsCode) -> _Seen | Restricted | Rejected | Refused | Silence:
        guid = replies.guid_of(token)
        if guid is None:
            return Rejected(Reason.TOKEN_INVALID, "emis-token-unreadable")
        begun = await self._begin()
        if not isinstance(begun, wire.Visit):
            return begun
        request = wire.SessionRequest(access_identity_guid=guid, national_practice_code=practice.code)
        reply = await self._post("sessions", begun, request, self._timeouts)
        entered = replies.entered(reply, begun.end_user_session_id) if isinstance(reply, Reply) else reply
        if not isinstance(entered, replies.Entered):
            return entered
        shown = await self._see(entered)
        return _Seen(entered.visit, shown) if isinstance(shown, ShownPatient) else shown

    async def _begin(self) -> wire.Visit | Refused | Silence:
        request = self._client.build_request(
            "POST", "sessions/endusersession", headers=self._application, timeout=self._extended.parts()
        )
        reply = await ask(self._client, request)
        begun = replies.begun(reply) if isinstance(reply, Reply) else reply
        return wire.Visit(end_user_session_id=begun) if isinstance(begun, str) else begun

    async def _post(self, path: str, visit: wire.Visit, words: wire.Words, timeouts: Timeouts) -> Reply | Silence:
        headers = self._headers(visit) | {"Content-Type": "application/json; charset=utf-8"}
        content = msgspec.json.encode(words)
        request = self._client.build_request("POST", path, headers=headers, content=content, timeout=timeouts.parts())
        return await ask(self._client, request)

    async def _see(self, entered: replies.Entered) -> ShownPatient | Rejected | Refused | Silence:
        reply = await self._demographics(entered.visit)
        return replies.shown(reply, entered.numbers) if isinstance(reply, Reply) else reply

    async def _demographics(self, visit: wire.Visit) -> Reply | Silence:
        request = self._client.build_request(
            "GET",
            "demographics",
            params={"userPatientLinkToken": visit.user_patient_link_token},
            headers=self._headers(visit),
            timeout=self._timeouts.parts(),
        )
        return await ask(self._client, request)

    def _headers(self, visit: wire.Visit) -> dict[str, str]:
        session = {"X-API-SessionId": visit.session_id} if visit.session_id else {}
        return self._application | {"X-API-EndUserSessionId": visit.end_user_session_id} | session

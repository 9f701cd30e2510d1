"""EMIS Web as the engine and the partner kit use it: each method is the list of its calls (`gp-systems.md` §2.7)."""

from __future__ import annotations

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
from gpic.outbound import Reply, Timeouts, ask

DEFAULT: Final = Timeouts()
EXTENDED: Final = Timeouts(answer=timedelta(seconds=120))  #: E1, E3, E4 and E5 (§2.8)


@dataclass(frozen=True, slots=True)
class _Entered:
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
        """E1, E4: the linkage details by NHS number and identity token."""
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
        """E1, E5: an account, whose details EMIS tells only on a retrieve."""
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
        entered = await self._enter(token, practice)
        if not isinstance(entered, _Entered):
            return entered
        return Accepted(entered.shown) if entered.shown.nhs_numbers else Unexpected("emis-demographics-no-number")

    async def open_session(self, token: Im1Token, practice: OdsCode) -> SessionAnswer:
        """E1, E2, E6: a session to work with, and whom it shows."""
        entered = await self._enter(token, practice)
        if not isinstance(entered, _Entered):
            return entered
        handle = Secret(msgspec.json.encode(entered.visit).decode())
        return SessionOpened(GpSession(replies.SUPPLIER, handle), entered.shown)

    async def end_session(self, session: GpSession) -> None:
        """Nothing: EMIS knows no such call (§2.7)."""

    async def _enter(self, token: Im1Token, practice: OdsCode) -> _Entered | Restricted | Rejected | Refused | Silence:
        guid = replies.guid_of(token)
        if guid is None:
            return Rejected(Reason.TOKEN_INVALID, "emis-token-unreadable")
        begun = await self._begin()
        if not isinstance(begun, wire.Visit):
            return begun
        request = wire.SessionRequest(access_identity_guid=guid, national_practice_code=practice.code)
        reply = await self._post("sessions", begun, request, self._timeouts)
        visit = replies.entered(reply, begun.end_user_session_id) if isinstance(reply, Reply) else reply
        if not isinstance(visit, wire.Visit):
            return visit
        shown = await self._see(visit)
        return _Entered(visit, shown) if isinstance(shown, ShownPatient) else shown

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

    async def _see(self, visit: wire.Visit) -> ShownPatient | Rejected | Refused | Silence:
        request = self._client.build_request(
            "GET",
            "demographics",
            params={"userPatientLinkToken": visit.user_patient_link_token},
            headers=self._headers(visit),
            timeout=self._timeouts.parts(),
        )
        reply = await ask(self._client, request)
        return replies.shown(reply) if isinstance(reply, Reply) else reply

    def _headers(self, visit: wire.Visit) -> dict[str, str]:
        session = {"X-API-SessionId": visit.session_id} if visit.session_id else {}
        return self._application | {"X-API-EndUserSessionId": visit.end_user_session_id} | session

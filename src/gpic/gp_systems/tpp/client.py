"""TPP SystmOne as the engine and the partner kit use it: one address, one document a call (`gp-systems.md` §3.6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import uuid4

import httpx2
import msgspec

from gpic.credentials.ports import Applicant
from gpic.gp_systems.rows import Row
from gpic.gp_systems.tpp import refusals, replies, wire
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
    Unexpected,
    Unreachable,
)
from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Reply, Timeouts, ask, no_answer, persist

DEFAULT: Final = Timeouts()
SESSION_GONE: Final = 3
ADULT: Final = 16  #: years; younger patients get no account over the wire (§3.5, code 8)
#: How often and how long the same is asked again while TPP says 556.
ATTEMPTS: Final = 3
PATIENCE: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Application:
    """Who is calling, as TPP registered it. Passphrases are bound to *provider_id*."""

    name: str
    version: str
    provider_id: str
    device_type: str = "Web"
    api_version: str = "1"  #: which version of the interface it speaks

    def attributes(self, provider_id: str = "") -> dict[str, str]:
        """The `Application` element; a session names the provider id that its token was made for (§3.3)."""
        return {
            "name": self.name,
            "version": self.version,
            "providerId": provider_id or self.provider_id,
            "deviceType": self.device_type,
        }


class TppSystmOne:
    """SystmOnline for one application of ours. *url* is absolute, or relative to the client's; nothing here raises."""

    def __init__(
        self,
        client: httpx2.AsyncClient,
        application: Application,
        *,
        url: str = "",
        clock: Clock | None = None,
        timeouts: Timeouts = DEFAULT,
        new_uuid: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._client = client
        self._application = application
        self._url = url
        self._clock = clock or SystemClock()
        self._timeouts = timeouts
        self._new_uuid = new_uuid

    async def retrieve(self, applicant: Applicant) -> Retrieved:
        """LinkAccount, retrieveOnly."""
        reply = await self._link_account(
            applicant.demographics, applicant.practice, nhsNumber=applicant.nhs_number.digits, retrieveOnly="y"
        )
        rows = self._rows_by_number(applicant)
        return replies.retrieved(rows, reply, applicant.practice) if isinstance(reply, Reply) else reply

    async def verify_anew(self, applicant: Applicant) -> Retrieved:
        """A retrieve: TPP knows no restriction, and takes no identity token."""
        return await self.retrieve(applicant)

    async def open_account(self, applicant: Applicant) -> AccountOpened:
        """LinkAccount by NHS number: an account, its linkage key and our passphrase at once."""
        contact = {"emailAddress": applicant.email, "mobileNo": applicant.mobile}
        given = {name: value for name, value in contact.items() if value}
        reply = await self._link_account(
            applicant.demographics, applicant.practice, nhsNumber=applicant.nhs_number.digits, **given
        )
        if not isinstance(reply, Reply):
            return reply
        return replies.opened(self._rows_by_number(applicant), reply, applicant.practice, self._application.provider_id)

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """LinkAccount with account id and passphrase: our own passphrase for them."""
        if not wire.can_carry(details.account_id, details.linkage_key.reveal()):
            return Rejected(Reason.MALFORMED, "tpp-link-unspeakable")
        reply = await self._link_account(
            demographics, details.ods_code, accountId=details.account_id, passphrase=details.linkage_key.reveal()
        )
        return replies.linked(reply, details.account_id, self._application.provider_id) if isinstance(reply, Reply) else reply

    async def check(self, token: Im1Token, practice: OdsCode) -> CheckAnswer:
        """Authenticate, Logoff. A session that shows no NHS number proves nothing (N2)."""
        entered = await self._authenticate(token, practice)
        if not isinstance(entered, replies.Entered):
            return entered
        if entered.visit.suid:
            await self._log_off(entered.visit.suid)
        return Accepted(entered.shown) if entered.shown.nhs_numbers else Unexpected("tpp-authenticate-no-number")

    async def open_session(self, token: Im1Token, practice: OdsCode) -> SessionAnswer:
        """Authenticate; the session's id is the reply's `suid` header."""
        entered = await self._authenticate(token, practice)
        if not isinstance(entered, replies.Entered):
            return entered
        if not entered.visit.suid:
            return Unexpected("tpp-authenticate-no-suid")
        if not entered.is_whole:
            await self._log_off(entered.visit.suid)
            return Unexpected("tpp-authenticate-no-user")
        handle = Secret(msgspec.json.encode(entered.visit).decode())
        return SessionOpened(GpSession(replies.SUPPLIER, handle), entered.shown)

    async def end_session(self, session: GpSession) -> None:
        """Logoff, as well as it goes."""
        visit = replies.visit_of(session)
        if visit:
            await self._log_off(visit.suid)

    @property
    def client(self) -> httpx2.AsyncClient:
        """Opened on the one address that SystmOnline has."""
        return self._client

    def carrying(self, session: GpSession) -> Mapping[str, str]:
        """The session's header (§3.1); the caller adds `type`, which names the request's root element."""
        visit = replies.visit_of(session)
        return {"suid": visit.suid} if visit else {}

    def naming(self, session: GpSession) -> Mapping[str, str]:
        """`onlineUserId` and `patientId`, which most documents carry as attributes, and the interface's `apiVersion`."""
        visit = replies.visit_of(session)
        if visit is None:
            return {}
        named = {"onlineUserId": visit.online_user_id, "patientId": visit.patient_id}
        return named | {"apiVersion": self._application.api_version}

    def has_ended(self, reply: Reply) -> bool:
        """Error code 3, on any call (§3.5)."""
        root = wire.parsed(reply)
        error = wire.error_in(root, reply.status) if root is not None else None
        return error is not None and error.code == SESSION_GONE

    async def stays_open(self, session: GpSession) -> bool | Silence:
        """PatientSelected, as NHS App does it (§1)."""
        visit = replies.visit_of(session)
        if visit is None:
            return False
        chosen = {"onlineUserId": visit.online_user_id, "patientId": visit.patient_id}
        reply = await self._ask("PatientSelected", chosen, None, suid=visit.suid)
        if not isinstance(reply, Reply):
            return reply
        return no_answer(reply) or not self.has_ended(reply)

    async def _authenticate(self, token: Im1Token, practice: OdsCode) -> replies.Entered | Rejected | Refused | Silence:
        parts = replies.parts_of(token)
        if parts is None or not wire.can_carry(parts.account_id, parts.passphrase, parts.provider_id):
            return Rejected(Reason.TOKEN_INVALID, "tpp-token-unreadable")
        attributes = {
            "unitId": practice.code,
            "accountId": parts.account_id,
            "passphrase": parts.passphrase,
            "providerId": parts.provider_id,
        }
        reply = await self._ask("Authenticate", attributes, self._application.attributes(parts.provider_id))
        return replies.entered(reply) if isinstance(reply, Reply) else reply

    async def _log_off(self, suid: str) -> None:
        await self._ask("Logoff", {}, None, suid=suid)

    async def _link_account(self, demographics: Demographics, practice: OdsCode, **variant: str) -> Reply | Silence:
        attributes = {
            "organisationCode": practice.code,
            "lastName": demographics.family_name,
            "dateOfBirth": f"{demographics.birth_date}T00:00:00",
            **variant,
        }
        return await persist(
            lambda: self._ask("LinkAccount", attributes, self._application.attributes()),
            replies.is_transient,
            attempts=ATTEMPTS,
            patience=PATIENCE,
        )

    async def _ask(
        self, kind: str, attributes: Mapping[str, str], application: Mapping[str, str] | None, *, suid: str = ""
    ) -> Reply | Silence:
        document = {"apiVersion": self._application.api_version, "uuid": self._new_uuid(), **attributes}
        headers = {"Accept": "text/xml", "Content-Type": "text/xml; charset=utf-8", "type": kind}
        request = self._client.build_request(
            "POST",
            self._url or str(self._client.base_url),
            headers=headers | ({"suid": suid} if suid else {}),
            content=wire.written(kind, document, application),
            timeout=self._timeouts.parts(),
        )
        return await ask(self._client, request)

    def _rows_by_number(self, applicant: Applicant) -> Sequence[Row[Refused | Unreachable]]:
        young = _age(applicant.demographics.birth_date, self._clock.now().date()) < ADULT
        return refusals.BY_NUMBER_UNDER_AGE if young else refusals.BY_NUMBER


def _age(birth_date: str, today: date) -> int:
    """Whole years; an unreadable birth date is an adult's, so that no age is made up."""
    try:
        born = date.fromisoformat(birth_date)
    except ValueError:
        return ADULT
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))

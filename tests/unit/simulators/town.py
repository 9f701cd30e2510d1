"""A small town for the stand-ins' tests: one practice of each supplier, both clocks in hand, callers of each system."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import httpx2
from lxml import etree

from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.simulators.emis import EmisSwitches, JwksSource, emis_app
from gpic.simulators.faults import Faults
from gpic.simulators.ids import synthetic_numbers
from gpic.simulators.journal import Journal
from gpic.simulators.people import Patient
from gpic.simulators.tpp import TppSwitches, tpp_app
from gpic.simulators.world import World

TODAY: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
EMIS_PRACTICE: Final = "A99901"
OTHER_EMIS_PRACTICE: Final = "A99902"
TPP_PRACTICE: Final = "B99901"
OTHER_TPP_PRACTICE: Final = "B99902"
NUMBERS: Final = [number for _, number in zip(range(40), synthetic_numbers(), strict=False)]
ANY_TOKEN: Final = "token"
UUID_TEXT: Final = "11111111-2222-4333-8444-555555555555"
APPLICATIONS: Final = {"nhs-login-emis": "NHS login", "partner-emis": "Partner"}
PROVIDERS: Final = {"nhs-login-tpp": "NHS login", "partner-tpp": "Partner"}

Json = dict[str, object]


@dataclass
class Town:
    """Everything that the apps stand on."""

    wire: MovableClock = field(default_factory=lambda: MovableClock(frozen_at=TODAY))
    future: MovableClock = field(default_factory=lambda: MovableClock(frozen_at=TODAY))

    def __post_init__(self) -> None:
        self.clocks = Clocks(wire=self.wire, world=self.future)
        self.world = World(self.clocks)
        self.journal = Journal(self.clocks)
        self.faults = Faults(seed=7)
        self.emis = EmisSwitches()
        self.tpp = TppSwitches()
        for code, supplier in (
            (EMIS_PRACTICE, "emis"),
            (OTHER_EMIS_PRACTICE, "emis"),
            (TPP_PRACTICE, "tpp"),
            (OTHER_TPP_PRACTICE, "tpp"),
        ):
            self.world.add_practice(code, f"Practice {code}", supplier)

    def settle(
        self, slug: str, practice: str | None = EMIS_PRACTICE, *, account: bool = True, born: str = "1984-02-17"
    ) -> Patient:
        """Another patient, called Okafor."""
        return self.world.add_patient(
            Patient(
                slug,
                NUMBERS[len(self.world.patients)],
                OdsCode(practice) if practice else None,
                slug.capitalize(),
                "Okafor",
                born,
                title="Ms",
                sex="female",
                email=f"{slug}@example.test",
                phone="07700900101",
            ),
            account=account,
        )

    def emis_client(self, jwks: JwksSource | None = None) -> httpx2.AsyncClient:
        """HTTP to the EMIS stand-in."""
        app = emis_app(self.world, self.journal, self.faults, self.emis, applications=APPLICATIONS, identity_jwks=jwks)
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://emis.test")

    def tpp_client(self) -> httpx2.AsyncClient:
        """HTTP to the TPP stand-in."""
        app = tpp_app(self.world, self.journal, self.faults, self.tpp, providers=PROVIDERS)
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://tpp.test")


class Emis:
    """One application that calls EMIS; keeps its end-user session."""

    def __init__(self, client: httpx2.AsyncClient, application: str = "nhs-login-emis") -> None:
        self.client = client
        self.headers = {"X-API-ApplicationId": application, "X-API-Version": "1"}

    async def begin(self) -> httpx2.Response:
        """E1."""
        response = await self.client.post("/sessions/endusersession", headers=self.headers)
        self.headers["X-API-EndUserSessionId"] = str(response.json()["EndUserSessionId"])
        return response

    async def post(self, path: str, body: object) -> httpx2.Response:
        """Any POST with JSON."""
        return await self.client.post(path, headers=self.headers, json=body)

    async def verify(self, patient: Patient, practice: str = EMIS_PRACTICE, token: str | None = ANY_TOKEN) -> httpx2.Response:
        """E4."""
        number = patient.number.digits
        asked = {"NationalPracticeCode": practice, "NhsNumber": number, "Token": token, "AdditionalComment": None}
        return await self.post("/me/verifications", asked)

    async def create(self, patient: Patient, practice: str = EMIS_PRACTICE, email: str = "ada@example.test") -> httpx2.Response:
        """E5."""
        asked = {"NationalPracticeCode": practice, "NhsNumber": patient.number.digits, "EmailAddress": email}
        return await self.post("/users/nhs", asked)

    async def link(self, details: Json, practice: str = EMIS_PRACTICE, **other: str) -> httpx2.Response:
        """E3, with what a verification returned."""
        linkage = {"AccountId": details["AccountId"], "LinkageKey": details["LinkageKey"], "NationalPracticeCode": practice}
        asked = {"Surname": "Okafor", "DateOfBirth": "1984-02-17T00:00:00", "LinkageDetails": linkage, **other}
        return await self.post("/me/applications", asked)

    async def session(self, guid: object, practice: str = EMIS_PRACTICE) -> httpx2.Response:
        """E2; the session id is kept for what follows."""
        response = await self.post("/sessions", {"AccessIdentityGuid": guid, "NationalPracticeCode": practice})
        if response.status_code == 200:
            self.headers["X-API-SessionId"] = response.json()["SessionId"]
        return response

    async def token(self, patient: Patient, practice: str = EMIS_PRACTICE) -> str:
        """E1, E4, E3: a GUID of this application."""
        await self.begin()
        details = (await self.verify(patient, practice)).json()
        return str((await self.link(details, practice)).json()["AccessIdentityGuid"])


class Tpp:
    """One provider that calls TPP."""

    def __init__(self, client: httpx2.AsyncClient, provider: str = "nhs-login-tpp") -> None:
        self.client = client
        self.provider = provider
        self.suid = ""

    async def send(self, root: str, **attributes: str) -> httpx2.Response:
        """Any document."""
        element = etree.Element(root, {"apiVersion": "1", "uuid": UUID_TEXT, **attributes})
        application = {"name": "Demo", "version": "1.0", "providerId": self.provider, "deviceType": "Web"}
        etree.SubElement(element, "Application", application)
        return await self.send_text(root, etree.tostring(element))

    async def send_text(self, kind: str, body: bytes) -> httpx2.Response:
        """Any body."""
        headers = {"type": kind, "Content-Type": "text/xml; charset=utf-8"} | ({"suid": self.suid} if self.suid else {})
        return await self.client.post("/", headers=headers, content=body)

    async def link_account(self, practice: str = TPP_PRACTICE, **attributes: str) -> httpx2.Response:
        """LinkAccount for somebody called Okafor."""
        known = {"organisationCode": practice, "lastName": "Okafor", "dateOfBirth": "1984-02-17T00:00:00"}
        return await self.send("LinkAccount", **(known | attributes))

    async def retrieve(self, patient: Patient, practice: str = TPP_PRACTICE, **other: str) -> httpx2.Response:
        """Retrieve."""
        return await self.link_account(practice, nhsNumber=patient.number.digits, retrieveOnly="y", **other)

    async def create(self, patient: Patient, practice: str = TPP_PRACTICE, **other: str) -> httpx2.Response:
        """Create."""
        return await self.link_account(practice, nhsNumber=patient.number.digits, emailAddress=patient.email, **other)

    async def link(self, account_id: str, key: str, practice: str = TPP_PRACTICE, **other: str) -> httpx2.Response:
        """Link."""
        return await self.link_account(practice, accountId=account_id, passphrase=key, **other)

    async def authenticate(self, account_id: str, passphrase: str, practice: str = TPP_PRACTICE) -> httpx2.Response:
        """Authenticate; the suid is kept for what follows."""
        attributes = {"unitId": practice, "accountId": account_id, "passphrase": passphrase, "providerId": self.provider}
        response = await self.send("Authenticate", **attributes)
        self.suid = response.headers.get("suid", "")
        return response


def root_of(response: httpx2.Response) -> dict[str, str]:
    """The attributes of a reply's root, and its name under "root"."""
    element = etree.fromstring(response.content)
    return {"root": str(element.tag), **{str(name): str(value) for name, value in element.attrib.items()}}


def error_of(response: httpx2.Response) -> str:
    """The errorCode of a reply, "" where there is none."""
    return root_of(response).get("errorCode", "")


def key_of(reply: dict[str, str]) -> str:
    """The linkage key, as a client decodes it."""
    return html.unescape(reply["passphraseToLink"])


async def connected(town: Town, tpp: Tpp, slug: str = "cleo") -> tuple[str, str]:
    """Account id and passphrase of a patient who has an account."""
    town.settle(slug, TPP_PRACTICE)
    return await linked(town, tpp, slug)


async def linked(town: Town, tpp: Tpp, slug: str = "cleo") -> tuple[str, str]:
    """Retrieve and link."""
    details = root_of(await tpp.retrieve(town.world.patient(slug)))
    reply = root_of(await tpp.link(details["accountId"], key_of(details)))
    return details["accountId"], reply["passphrase"]


def is_guid(text: object) -> bool:
    """Whether it reads as one."""
    return str(UUID(str(text))) == text


def somebody() -> NhsNumber:
    """A number that nobody in town has."""
    return NUMBERS[-1]

"""Both adapters of NHS login and of a partner before the stand-ins of their suppliers, in one world, over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache

import httpx2

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Applicant, Person
from gpic.gp_systems.directory import Place
from gpic.gp_systems.plugs import Adapter
from gpic.gp_systems.systems import Interface, Systems
from gpic.jose.keys import KeyRing, SigningKey
from gpic.nhs.answers import Linked
from gpic.nhs.clock import Clocks, MovableClock
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.nhs.secret import Secret
from gpic.outbound import Bulkhead
from gpic.provider.identity_tokens import SignedIdentityTokens
from gpic.provider.policy import ProviderPolicy
from gpic.simulators.cast import furnish
from gpic.simulators.emis import EmisSwitches, emis_app
from gpic.simulators.faults import Faults
from gpic.simulators.journal import Journal
from gpic.simulators.medicus import MedicusSwitches, medicus_app
from gpic.simulators.people import Patient
from gpic.simulators.tpp import TppSwitches, tpp_app
from gpic.simulators.world import World
from gpic.wiring.provider import GP_SYSTEMS

US, PARTNER, STRANGER = "NHS login", "Partner", "nobody knows them"
WITH_ACCOUNT = {"emis": "ada", "tpp": "cleo", "medicus": "kit"}
WITHOUT = {"emis": "ben", "tpp": "dan", "medicus": "lou"}
ADDRESSES = {"emis": "http://emis.test/", "tpp": "http://tpp.test/", "medicus": "http://medicus.test/"}
MEDICUS_SECRET = "for tests only"


@cache
def key() -> SigningKey:
    """An RSA key takes a while to make."""
    return SigningKey.generate()


def options_of(role: str, supplier: str) -> dict[str, str]:
    """Who this role is to that supplier."""
    if supplier == "emis":
        return {"application_id": role}
    if supplier == "medicus":
        return {"client_id": role, "client_secret": MEDICUS_SECRET}
    return {"application_name": "gpic", "application_version": "1.0", "provider_id": role}


@dataclass(slots=True)
class Counter:
    """A world with its cast, and what an application sees of it."""

    emis_switches: EmisSwitches = field(default_factory=EmisSwitches)
    tpp_switches: TppSwitches = field(default_factory=TppSwitches)
    medicus_switches: MedicusSwitches = field(default_factory=MedicusSwitches)
    clocks: Clocks = field(default_factory=lambda: Clocks(world=MovableClock()))
    world: World = field(init=False)
    journal: Journal = field(init=False)
    faults: Faults = field(default_factory=Faults)
    _roles: dict[str, Systems] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.world, self.journal = World(self.clocks), Journal(self.clocks)
        furnish(self.world)
        keys = KeyRing(key())

        async def jwks() -> dict[str, object]:
            return dict(keys.published())

        roles = {US: US, PARTNER: PARTNER}
        apps = {
            "emis": emis_app(self.world, self.journal, self.faults, self.emis_switches, applications=roles, identity_jwks=jwks),
            "tpp": tpp_app(self.world, self.journal, self.faults, self.tpp_switches, providers=roles),
            "medicus": medicus_app(
                self.world,
                self.journal,
                self.faults,
                self.medicus_switches,
                applications={role: (role, MEDICUS_SECRET) for role in roles},
                identity_jwks=jwks,
            ),
        }
        for role in (US, PARTNER, STRANGER):
            interfaces = {name: Interface(address, options_of(role, name)) for name, address in ADDRESSES.items()}
            self._roles[role] = Systems(
                interfaces,
                clock=self.clocks.wire,
                transport_to=lambda one: Bulkhead(httpx2.ASGITransport(apps[one.address.split("/")[2].split(".")[0]])),
            )

    def adapter(self, supplier: str, role: str = US) -> Adapter:
        """This role's adapter to that supplier."""
        found = self._roles[role].at(Place(supplier))
        assert found is not None
        return found

    def applicant(self, slug: str, practice: str = "") -> Applicant:
        """The patient as NHS login knows them, who has just signed in; at the practice that PDS names, or another."""
        patient = self.world.patient(slug)
        demographics = Demographics(patient.family_name, patient.birth_date)
        who = Person(PersonId(slug), patient.number, demographics, None, signed_in_at=datetime.now(UTC))
        tokens = SignedIdentityTokens(KeyRing(key()), ProviderPolicy("https://nhs-login.test"), GP_SYSTEMS, self.clocks)
        return Applicant(
            patient.number,
            OdsCode(practice or patient.pds.practice),
            demographics,
            tokens.mint(who),
            patient.email,
            patient.phone,
        )

    def details(self, slug: str, **changes: str) -> GpCredentials:
        """What the patient's practice would print for them; *changes* falsify it."""
        account = self.world.account_of(slug)
        assert account is not None
        told = {
            "account_id": account.account_id,
            "ods_code": account.practice.code,
            "linkage_key": account.linkage_key,
        } | changes
        return GpCredentials(told["account_id"], OdsCode(told["ods_code"]), Secret(told["linkage_key"]))

    def demographics(self, slug: str, **changes: str) -> Demographics:
        """The patient's name and birth date; *changes* falsify them."""
        patient: Patient = self.world.patient(slug)
        return replace(Demographics(patient.family_name, patient.birth_date), **changes)

    async def token(self, supplier: str, slug: str, role: str = US) -> Im1Token:
        """A token of this role's, freshly linked."""
        answer = await self.adapter(supplier, role).link(self.demographics(slug), self.details(slug))
        assert isinstance(answer, Linked)
        return answer.token

    def practice(self, slug: str) -> OdsCode:
        """Where the patient is registered."""
        practice = self.world.patient(slug).practice
        assert practice is not None
        return practice

"""What a call is about, found step by step; each step refuses where there is nothing to find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.simulators.accounts import Account
from gpic.simulators.emis.bodies import LinkageDetails
from gpic.simulators.emis.refusals import NO_ONLINE_USER, NO_USER_FOR_DETAILS, NOT_REGISTERED, ORGANISATION_UNKNOWN, Refused
from gpic.simulators.emis.switches import EmisSwitches
from gpic.simulators.people import Patient, Practice, Supplier
from gpic.simulators.world import World


@dataclass(frozen=True, slots=True)
class Case:
    """A patient asked for by number at a practice (E4, E5)."""

    world: World
    switches: EmisSwitches
    practice_code: str
    nhs_number: str

    def practice(self) -> Practice:
        """Raises Refused."""
        return practice_at(self.world, self.practice_code)

    def patient(self) -> Patient:
        """Registered at this practice; raises Refused."""
        try:
            patient = self.world.bearer_of(NhsNumber(self.nhs_number))
        except NhsNumberInvalid:
            patient = None
        if patient is None or patient.practice != self.practice().code:
            raise Refused(NOT_REGISTERED)
        return patient

    def account(self) -> Account:
        """The patient's own; raises Refused."""
        account = self.world.account_of(self.patient().slug)
        if account is None:
            raise Refused(NO_ONLINE_USER)
        return account

    def age(self) -> int:
        """In full years, on the world clock."""
        return self.patient().age_on(self.world.clocks.world.now().date())


@dataclass(frozen=True, slots=True)
class LinkageCase:
    """Linkage details that an application presents with a surname and a birth date (E3)."""

    world: World
    switches: EmisSwitches
    application: str
    surname: str
    birth_date: str  #: `yyyy-mm-dd`
    details: LinkageDetails

    def practice(self) -> Practice:
        """Raises Refused."""
        return practice_at(self.world, self.details.national_practice_code)

    def account(self) -> Account:
        """Raises Refused where there is none, or where it ended."""
        account = self.world.account_numbered(Supplier.EMIS, self.practice().code, self.details.account_id)
        if account is None or account.is_gone:
            raise Refused(NO_USER_FOR_DETAILS)
        return account

    def patient(self) -> Patient:
        """Whose account it is."""
        return self.world.patient(self.account().person)


def practice_at(world: World, code: str) -> Practice:
    """A practice that EMIS serves; raises Refused."""
    practice = world.practice_of(Supplier.EMIS, code)
    if practice is None:
        raise Refused(ORGANISATION_UNKNOWN)
    return practice


AskedFor = Case | LinkageCase
Check = Callable[[Case], None]
LinkageCheck = Callable[[LinkageCase], None]

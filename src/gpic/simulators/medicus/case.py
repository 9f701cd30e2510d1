"""What a call is about, found step by step; each step refuses where there is nothing to find."""

from __future__ import annotations

from dataclasses import dataclass

from gpic.simulators.accounts import Account, Link
from gpic.simulators.medicus import refusals
from gpic.simulators.medicus.bodies import DetailsGiven, PatientAsked
from gpic.simulators.medicus.refusals import Refused
from gpic.simulators.medicus.switches import MedicusSwitches
from gpic.simulators.people import Patient, Practice, Supplier
from gpic.simulators.world import World


@dataclass(frozen=True, slots=True)
class Tenancy:
    """An application at a practice."""

    world: World
    switches: MedicusSwitches
    application: str
    tenant: str  #: as the path has it

    @property
    def practice(self) -> Practice:
        """Raises Refused. A tenant is the practice's code in lower case and nothing else."""
        practice = self.world.practice_of(Supplier.MEDICUS, self.tenant) if self.tenant.islower() else None
        if practice is None:
            raise Refused(refusals.TENANT_UNKNOWN)
        return practice


@dataclass(frozen=True, slots=True)
class FindCase:
    """A patient asked for by number (`linkage/find`, `linkage`)."""

    tenancy: Tenancy
    asked: PatientAsked

    @property
    def patient(self) -> Patient:
        """Registered at this practice; raises Refused."""
        patient = self.tenancy.world.bearer_of(self.asked.number)
        if patient is None or patient.practice != self.tenancy.practice.code:
            raise Refused(refusals.NOT_REGISTERED)
        return patient

    @property
    def account(self) -> Account | None:
        """The patient's own, if there is one."""
        return self.tenancy.world.account_of(self.patient.slug)


@dataclass(frozen=True, slots=True)
class LinkCase:
    """Linkage details that an application presents (`token`)."""

    tenancy: Tenancy
    asked: DetailsGiven

    @property
    def account(self) -> Account:
        """One that Medicus gave out at this practice, a closed one included; raises Refused."""
        account = self.tenancy.world.account_numbered(Supplier.MEDICUS, self.tenancy.practice.code, self.asked.account_id)
        if account is None:
            raise Refused(refusals.ACCOUNT_UNKNOWN)
        return account

    @property
    def patient(self) -> Patient:
        """Whose account it is."""
        return self.tenancy.world.patient(self.account.person)


@dataclass(frozen=True, slots=True)
class SessionCase:
    """A token that an application presents (`session`)."""

    tenancy: Tenancy
    token: str

    @property
    def link(self) -> Link:
        """What was made under this token, for this application at this practice; raises Refused."""
        link = self.tenancy.world.link_of(self.token)
        is_theirs = link is not None and link.application == self.tenancy.application
        if link is None or not is_theirs or link.account.practice != self.tenancy.practice.code or link.account.is_gone:
            raise Refused(refusals.TOKEN_REFUSED)
        return link

    @property
    def patient(self) -> Patient:
        """Whose account it is."""
        return self.tenancy.world.patient(self.link.account.person)


Asked = FindCase | LinkCase
AnyCase = FindCase | LinkCase | SessionCase

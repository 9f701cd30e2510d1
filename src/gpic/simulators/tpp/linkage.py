"""LinkAccount in its three variants (`gp-systems.md` §3.2), and in which order each refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gpic.nhs.numbers import NhsNumber, NhsNumberInvalid
from gpic.simulators.accounts import Account
from gpic.simulators.people import Patient, Practice, Standing, Supplier
from gpic.simulators.tpp import errors
from gpic.simulators.tpp.documents import Document
from gpic.simulators.tpp.errors import Refused, TppError
from gpic.simulators.tpp.switches import CreatingAgain, KeyServes, Relinking, TppSwitches
from gpic.simulators.world import World

#: How a practice's system holds a patient for whom nothing can be had online.
WITHOUT_ACCESS: Final = (Standing.ARCHIVED, Standing.NON_COMPETENT, Standing.STATUS_INVALID, Standing.SEVERAL_RECORDS)


@dataclass(frozen=True, slots=True)
class Linkage:
    """One LinkAccount request and what it is about."""

    world: World
    switches: TppSwitches
    document: Document

    def practice(self) -> Practice:
        """Raises Refused."""
        practice = self.world.practice_of(Supplier.TPP, self.document["organisationCode"])
        if practice is None:
            raise Refused(errors.NOT_REGISTERED_HERE)
        return practice

    def patient(self) -> Patient:
        """By NHS number, or whose account it is; raises Refused."""
        if self.document.variant == "link":
            return self.world.patient(self.account().person)
        patient = patient_numbered(self.world, self.document["nhsNumber"])
        if patient is None or not self._is_known_to_tpp(patient):
            raise Refused(errors.NO_SUCH_PATIENT)
        return patient

    def account(self) -> Account:
        """The account that link names; raises Refused."""
        found = self.world.account_numbered(Supplier.TPP, self.practice().code, self.document["accountId"])
        if found is None:
            raise Refused(self.wrong())
        return found

    def wrong(self) -> TppError:
        """8, as this practice's patients are told."""
        return errors.linkage_wrong(self.practice().name)

    def account_or_none(self) -> Account | None:
        """The account that the patient has here."""
        return self.world.account_of(self.patient().slug)

    def _is_known_to_tpp(self, patient: Patient) -> bool:
        return patient.practice is not None and self.world.practice(patient.practice).supplier is Supplier.TPP


def patient_numbered(world: World, digits: str) -> Patient | None:
    """Who has this number now; None for anything that is no number."""
    try:
        return world.bearer_of(NhsNumber(digits))
    except NhsNumberInvalid:
        return None


def refuse(error: TppError, *, when: bool) -> None:
    """Raise Refused."""
    if when:
        raise Refused(error)


def practice_offers_it(linkage: Linkage) -> None:
    """555 where TPP does not serve the practice, 6 where it has switched online services off."""
    practice = linkage.practice()
    refuse(errors.NO_ACCESS, when=not (practice.live and practice.online))


def patient_is_known(linkage: Linkage) -> None:
    """554."""
    linkage.patient()


def account_is_known(linkage: Linkage) -> None:
    """8."""
    linkage.account()


def patient_is_registered_here(linkage: Linkage) -> None:
    """555."""
    refuse(errors.NOT_REGISTERED_HERE, when=linkage.patient().practice != linkage.practice().code)


def patient_may_be_online(linkage: Linkage) -> None:
    """6."""
    told = replace(errors.NO_ACCESS, code=linkage.switches.without_access_code)
    refuse(told, when=linkage.patient().standing in WITHOUT_ACCESS)


def patient_is_matched(linkage: Linkage) -> None:
    """19."""
    refuse(errors.UNMATCHED, when=linkage.patient().standing is Standing.UNMATCHED)


def last_name_matches(linkage: Linkage) -> None:
    """512."""
    same = linkage.world.is_surname_of(linkage.patient(), linkage.document["lastName"])
    refuse(errors.LAST_NAME_WRONG, when=not same)


def birth_date_matches(linkage: Linkage) -> None:
    """513."""
    refuse(errors.BIRTH_DATE_WRONG, when=linkage.document["dateOfBirth"][:10] != linkage.patient().birth_date)


def access_has_not_ended(linkage: Linkage) -> None:
    """509: locked after failed logins, or ended by the practice (G5)."""
    account = linkage.account() if linkage.document.variant == "link" else linkage.account_or_none()
    refuse(errors.REGISTRATION_ENDED, when=account is not None and not account.is_open)


def passphrase_is_right(linkage: Linkage) -> None:
    """8; an expired key is as wrong as any other (G1)."""
    account = linkage.account()
    if not (account.key_is_good and account.linkage_key == linkage.document["passphrase"]):
        linkage.world.wrong_details(account)
        raise Refused(linkage.wrong())


def may_be_linked_again(linkage: Linkage) -> None:
    """8, where linking twice is refused at all."""
    link = linkage.account().links.get(linkage.document.provider)
    refused = linkage.switches.relinking is Relinking.REFUSED and link is not None and link.works
    refuse(linkage.wrong(), when=refused)


def key_is_not_somebody_elses(linkage: Linkage) -> None:
    """8, where a passphrase to link serves one provider only."""
    links = linkage.account().links.values()
    others = any(link.works for link in links if link.application != linkage.document.provider)
    refuse(linkage.wrong(), when=others and linkage.switches.key_serves is KeyServes.ONE_PROVIDER)


def account_may_be_created(linkage: Linkage) -> None:
    """8, where there is one already and the switch says so."""
    again = linkage.switches.creating_again is CreatingAgain.REFUSED and linkage.account_or_none() is not None
    refuse(linkage.wrong(), when=again)


def holder_is_old_enough(linkage: Linkage) -> None:
    """553: younger than anybody to whom a practice may issue details (§10)."""
    age = linkage.patient().age_on(linkage.world.now().date())
    refuse(errors.TOO_YOUNG, when=age < linkage.switches.youngest_to_link)


def patient_is_old_enough(linkage: Linkage) -> None:
    """553."""
    age = linkage.patient().age_on(linkage.world.clocks.world.now().date())
    refuse(errors.TOO_YOUNG, when=age < linkage.switches.youngest_to_create)


def creation_does_not_stumble(linkage: Linkage) -> None:
    """556, as often as the switch says."""
    if linkage.switches.stumbles > 0:
        linkage.switches.stumbles -= 1
        raise Refused(errors.STUMBLED)


Check = Callable[[Linkage], None]

BEFORE_RETRIEVING: Final[tuple[Check, ...]] = (
    practice_offers_it,
    patient_is_known,
    patient_is_registered_here,
    patient_may_be_online,
    patient_is_matched,
    last_name_matches,
    birth_date_matches,
    access_has_not_ended,
)
BEFORE_CREATING: Final[tuple[Check, ...]] = (
    *BEFORE_RETRIEVING,
    patient_is_old_enough,
    account_may_be_created,
    creation_does_not_stumble,
)
BEFORE_LINKING: Final[tuple[Check, ...]] = (
    practice_offers_it,
    account_is_known,
    patient_is_registered_here,
    access_has_not_ended,
    passphrase_is_right,
    patient_may_be_online,
    patient_is_matched,
    last_name_matches,
    birth_date_matches,
    holder_is_old_enough,
    may_be_linked_again,
    key_is_not_somebody_elses,
)

"""In which order Medicus refuses. The lists can be read aloud; each member refuses for one reason. PROVISIONAL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from gpic.simulators.accounts import Account, AccountStatus
from gpic.simulators.medicus import refusals
from gpic.simulators.medicus.case import AnyCase, Asked, FindCase, LinkCase, SessionCase, Tenancy
from gpic.simulators.medicus.refusals import Refused, refuse
from gpic.simulators.people import Standing


def tenant_is_known(tenancy: Tenancy) -> None:
    """101."""
    _ = tenancy.practice


def practice_is_live(tenancy: Tenancy) -> None:
    """102."""
    refuse(refusals.PRACTICE_NOT_LIVE, when=not tenancy.practice.live)


def services_are_on(tenancy: Tenancy) -> None:
    """103."""
    refuse(refusals.SERVICES_OFF, when=not tenancy.practice.online)


def application_is_enabled(tenancy: Tenancy) -> None:
    """104."""
    refuse(refusals.NOT_ENABLED, when=(tenancy.application, tenancy.tenant) in tenancy.switches.not_enabled)


#: Every call, before its body is read.
ADMISSION: Final[tuple[Callable[[Tenancy], None], ...]] = (
    tenant_is_known,
    practice_is_live,
    services_are_on,
    application_is_enabled,
)


def patient_is_registered_here(case: FindCase) -> None:
    """201."""
    _ = case.patient


def patient_has_one_record(case: FindCase) -> None:
    """204."""
    refuse(refusals.SEVERAL_RECORDS, when=case.patient.standing is Standing.SEVERAL_RECORDS)


def record_is_not_archived(case: AnyCase) -> None:
    """203."""
    refuse(refusals.ARCHIVED, when=case.patient.standing is Standing.ARCHIVED)


def patient_is_matched_to_pds(case: FindCase) -> None:
    """206."""
    refuse(refusals.UNMATCHED, when=case.patient.standing is Standing.UNMATCHED)


def demographics_match(case: Asked) -> None:
    """207: the name whatever its case, the birth date exactly."""
    patient = case.patient
    same_name = case.tenancy.world.is_surname_of(patient, case.asked.family_name)
    refuse(refusals.DEMOGRAPHICS_WRONG, when=not (same_name and patient.birth_date == case.asked.birth_date))


def patient_status_is_valid(case: Asked) -> None:
    """205, of the patient."""
    refuse(refusals.STATUS_INVALID, when=case.patient.standing is Standing.STATUS_INVALID)


def patient_is_competent(case: Asked) -> None:
    """202, of capacity."""
    refuse(refusals.TOO_YOUNG, when=case.patient.standing is Standing.NON_COMPETENT)


def patient_may_have_an_account_made(case: FindCase) -> None:
    """202, of age: the younger ones need details that their practice issued."""
    refuse(refusals.TOO_YOUNG, when=age_of(case) < case.tenancy.switches.youngest_to_create)


def holder_is_old_enough(case: LinkCase) -> None:
    """202: younger than anybody to whom a practice may issue details."""
    refuse(refusals.TOO_YOUNG, when=age_of(case) < case.tenancy.switches.youngest_to_link)


def account_exists(case: FindCase) -> None:
    """301."""
    refuse(refusals.NO_ACCOUNT, when=case.account is None)


def patients_account_is_not_locked(case: FindCase) -> None:
    """306."""
    refuse(refusals.LOCKED, when=case.account is not None and case.account.locked)


def patients_account_is_valid(case: FindCase) -> None:
    """205, of the account: the practice has taken access away for good, or put it aside."""
    refuse(refusals.STATUS_INVALID, when=case.account is not None and not is_valid(case.account))


def no_account_yet(case: FindCase) -> None:
    """302; 205 comes first where access was taken away for good."""
    refuse(refusals.ACCOUNT_EXISTS, when=case.account is not None)


BEFORE_FINDING: Final[tuple[Callable[[FindCase], None], ...]] = (
    patient_is_registered_here,
    patient_has_one_record,
    record_is_not_archived,
    patient_is_matched_to_pds,
    demographics_match,
    patient_status_is_valid,
    account_exists,
    patients_account_is_not_locked,
    patients_account_is_valid,
)

BEFORE_MAKING: Final[tuple[Callable[[FindCase], None], ...]] = (
    patient_is_registered_here,
    patient_has_one_record,
    record_is_not_archived,
    patient_is_matched_to_pds,
    demographics_match,
    patient_is_competent,
    patient_may_have_an_account_made,
    patient_status_is_valid,
    patients_account_is_valid,
    no_account_yet,
)


def account_is_known(case: LinkCase) -> None:
    """303."""
    _ = case.account


def holder_is_registered_here(case: LinkCase) -> None:
    """201: the patient has left."""
    refuse(refusals.NOT_REGISTERED, when=case.patient.practice != case.account.practice)


def account_is_there(case: LinkCase) -> None:
    """303: closed, or of the time before the practice changed its system."""
    refuse(refusals.ACCOUNT_UNKNOWN, when=case.account.is_gone)


def account_is_not_locked(case: LinkCase) -> None:
    """306."""
    refuse(refusals.LOCKED, when=case.account.locked)


def linkage_key_is_right(case: LinkCase) -> None:
    """304, a failed attempt; an expired key is as wrong as any other (G1)."""
    account = case.account
    if not (account.key_is_good and account.linkage_key == case.asked.linkage_key):
        case.tenancy.world.failed_login(account)
        raise Refused(refusals.KEY_WRONG)


def account_is_valid(case: LinkCase) -> None:
    """205, of the account."""
    refuse(refusals.STATUS_INVALID, when=not is_valid(case.account))


def not_linked_before(case: LinkCase) -> None:
    """305, where the application's token is alive."""
    link = case.account.links.get(case.tenancy.application)
    refuse(refusals.LINKED_BEFORE, when=link is not None and link.works and not case.tenancy.switches.relinking)


BEFORE_LINKING: Final[tuple[Callable[[LinkCase], None], ...]] = (
    account_is_known,
    holder_is_registered_here,
    account_is_there,
    account_is_not_locked,
    linkage_key_is_right,
    record_is_not_archived,
    account_is_valid,
    patient_status_is_valid,
    demographics_match,
    patient_is_competent,
    holder_is_old_enough,
    not_linked_before,
)


def token_is_known(case: SessionCase) -> None:
    """307."""
    _ = case.link


def tokens_account_is_not_locked(case: SessionCase) -> None:
    """306."""
    refuse(refusals.LOCKED, when=case.link.account.locked)


def token_is_alive(case: SessionCase) -> None:
    """307, a failed attempt where the account is in use: the key that it was made from is not the account's any more (G1)."""
    link = case.link
    if not link.works:
        if link.account.is_open:
            case.tenancy.world.failed_login(link.account)
        raise Refused(refusals.TOKEN_REFUSED)


def patient_has_online_access(case: SessionCase) -> None:
    """103: the practice gives this patient none."""
    refuse(refusals.SERVICES_OFF, when=not case.link.account.services_on)


BEFORE_SESSION: Final[tuple[Callable[[SessionCase], None], ...]] = (
    token_is_known,
    tokens_account_is_not_locked,
    record_is_not_archived,
    token_is_alive,
    patient_has_online_access,
)


def is_valid(account: Account) -> bool:
    """Whether an account may be used online; whether it is locked is another matter."""
    return account.status is AccountStatus.ACTIVE and account.belongs_to_patient


def age_of(case: Asked) -> int:
    """In full years, on the world clock."""
    return case.patient.age_on(case.tenancy.world.now().date())

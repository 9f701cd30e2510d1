"""In which order EMIS refuses (`gp-systems.md` §2.5, §10). The lists can be read aloud; each member refuses for one reason."""

from __future__ import annotations

from typing import Final

from gpic.simulators.accounts import AccountStatus
from gpic.simulators.emis import refusals
from gpic.simulators.emis.case import AskedFor, Case, Check, LinkageCase, LinkageCheck
from gpic.simulators.emis.refusals import Refusal, Refused
from gpic.simulators.emis.switches import AlreadyLinked, EmisSwitches
from gpic.simulators.people import Practice, Standing

LINKED_BEFORE: Final = {
    AlreadyLinked.BAD_REQUEST: refusals.LINKED_400,
    AlreadyLinked.SERVER_ERROR: refusals.LINKED_500,
    AlreadyLinked.CONFLICT: refusals.LINKED_409,
}


def refuse(refusal: Refusal, *, when: bool) -> None:
    """Raise Refused."""
    if when:
        raise Refused(refusal)


def practice_is_known(case: AskedFor) -> None:
    """-1001."""
    case.practice()


def practice_is_live(case: AskedFor) -> None:
    """-1401."""
    refuse(refusals.PRACTICE_NOT_LIVE, when=not case.practice().live)


def services_are_on(practice: Practice) -> None:
    """-1030 with one message or the other."""
    refuse(refusals.FACING_SERVICES_OFF, when=not practice.online)
    refuse(refusals.API_V2_OFF, when=not practice.api_v2)


def facing_services_are_on(case: AskedFor) -> None:
    """-1030."""
    services_are_on(case.practice())


def patient_is_registered_here(case: Case) -> None:
    """-1551."""
    case.patient()


def patient_has_one_record(case: Case) -> None:
    """-1555."""
    refuse(refusals.SEVERAL_RECORDS, when=case.patient().standing is Standing.SEVERAL_RECORDS)


def patient_is_not_archived(case: AskedFor) -> None:
    """-1552."""
    refuse(refusals.ARCHIVED, when=case.patient().standing is Standing.ARCHIVED)


def patient_is_competent(case: Case) -> None:
    """-1553, of capacity."""
    refuse(refusals.TOO_YOUNG, when=case.patient().standing is Standing.NON_COMPETENT)


def patient_may_have_an_account(case: Case) -> None:
    """-1553, of age: younger than any account holder."""
    refuse(refusals.TOO_YOUNG, when=case.age() < case.switches.youngest_to_retrieve)


def patient_may_create_an_account(case: Case) -> None:
    """-1553, of age: the younger ones need details that their practice issued."""
    refuse(refusals.TOO_YOUNG, when=case.age() < case.switches.youngest_to_create)


def patient_status_is_valid(case: Case) -> None:
    """-1554."""
    refuse(refusals.STATUS_INVALID, when=case.patient().standing is Standing.STATUS_INVALID)


def account_exists(case: Case) -> None:
    """-1104."""
    case.account()


def account_is_usable(case: AskedFor) -> None:
    """-1107: archived, or locked (G5)."""
    refuse(refusals.ACCOUNT_STATUS, when=not case.account().is_open)


def account_is_the_patients(case: Case) -> None:
    """-1109."""
    refuse(refusals.NOT_PATIENTS_OWN, when=not case.account().belongs_to_patient)


def no_account_yet(case: Case) -> None:
    """-1107 where it is archived, 409 where it is not."""
    account = case.world.account_of(case.patient().slug)
    if account is not None:
        refuse(refusals.ACCOUNT_STATUS, when=account.status_shown is AccountStatus.ARCHIVED)
        raise Refused(refusals.account_exists(case.switches.account_exists_code))


#: E4, once the identity token has been looked at.
BEFORE_VERIFICATION: Final[tuple[Check, ...]] = (
    practice_is_known,
    practice_is_live,
    facing_services_are_on,
    patient_is_registered_here,
    patient_has_one_record,
    patient_is_not_archived,
    patient_is_competent,
    patient_may_have_an_account,
    patient_status_is_valid,
    account_exists,
    account_is_usable,
    account_is_the_patients,
)

#: E5.
BEFORE_CREATION: Final[tuple[Check, ...]] = (
    practice_is_known,
    practice_is_live,
    facing_services_are_on,
    patient_is_registered_here,
    patient_has_one_record,
    patient_is_not_archived,
    patient_is_competent,
    patient_may_create_an_account,
    patient_status_is_valid,
    no_account_yet,
)


def account_id_is_of_a_length(case: LinkageCase) -> None:
    """400."""
    refuse(refusals.ACCOUNT_ID_LENGTH, when=not 0 < len(case.details.account_id) <= case.switches.longest_account_id)


def linkage_key_is_of_a_length(case: LinkageCase) -> None:
    """400."""
    refuse(refusals.LINKAGE_KEY_LENGTH, when=not 0 < len(case.details.linkage_key) <= case.switches.longest_linkage_key)


def surname_is_of_a_length(case: LinkageCase) -> None:
    """400."""
    refuse(refusals.SURNAME_LENGTH, when=not 0 < len(case.surname) <= case.switches.longest_surname)


def account_is_known(case: LinkageCase) -> None:
    """-1104."""
    case.account()


def linkage_key_is_right(case: LinkageCase) -> None:
    """-1105; an expired key is as wrong as any other (G1)."""
    account = case.account()
    if not (account.key_is_good and account.linkage_key == case.details.linkage_key):
        case.world.wrong_details(account)
        raise Refused(refusals.DETAILS_WRONG)


def demographics_match(case: LinkageCase) -> None:
    """-1106."""
    patient = case.patient()
    matches = case.world.is_surname_of(patient, case.surname) and patient.birth_date == case.birth_date
    refuse(refusals.DEMOGRAPHICS_WRONG, when=not matches)


def account_is_active(case: LinkageCase) -> None:
    """-1107: archived, locked, or inactive, which sessions would forgive (§2.5 E3, §2.6)."""
    account = case.account()
    refuse(refusals.ACCOUNT_STATUS, when=account.locked or account.status is not AccountStatus.ACTIVE)


def holder_is_old_enough(case: LinkageCase) -> None:
    """-1553: younger than anybody to whom a practice may issue details (§10)."""
    age = case.patient().age_on(case.world.now().date())
    refuse(refusals.TOO_YOUNG, when=age < case.switches.youngest_to_link)


def account_is_not_restricted(case: LinkageCase) -> None:
    """Registering does not lift a restriction (G3)."""
    account = case.account()
    restricted = account.restricted_since is not None and not case.switches.linking_while_restricted
    refuse(refusals.wrong_level(account.identity_id, case.application), when=restricted)


def not_linked_before(case: LinkageCase) -> None:
    """-1108, in one of its forms, where linking twice is refused at all."""
    link = case.account().links.get(case.application)
    refusal = LINKED_BEFORE.get(case.switches.already_linked)
    if refusal is not None and link is not None and link.works:
        raise Refused(refusal)


#: E3, until the account is found.
BEFORE_PROOF: Final[tuple[LinkageCheck, ...]] = (
    account_id_is_of_a_length,
    linkage_key_is_of_a_length,
    surname_is_of_a_length,
    practice_is_known,
    practice_is_live,
    facing_services_are_on,
    account_is_known,
)
#: E3, in the order that is the facts' assumption.
PROOF: Final[tuple[LinkageCheck, ...]] = (linkage_key_is_right, demographics_match)
#: E3, once whoever asks has proved to know the details.
AFTER_PROOF: Final[tuple[LinkageCheck, ...]] = (
    patient_is_not_archived,
    holder_is_old_enough,
    account_is_active,
    account_is_not_restricted,
    not_linked_before,
)


def before_linking(switches: EmisSwitches) -> tuple[LinkageCheck, ...]:
    """E3."""
    return (*BEFORE_PROOF, *(reversed(PROOF) if switches.demographics_first else PROOF), *AFTER_PROOF)

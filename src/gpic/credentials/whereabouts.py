"""Where a person is registered, and which system to ask there (N8, N9, N20, N22)."""

from __future__ import annotations

from dataclasses import dataclass

from gpic.credentials.desk import Desk, Ended, Merged, NotNow
from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Applicant, GpSystem, NotOnPds, Person, PracticeFound
from gpic.nhs.answers import Reason, Unreachable
from gpic.nhs.numbers import NhsNumber


@dataclass(frozen=True, slots=True)
class Case:
    """Whom a registration is for, and whom to ask."""

    applicant: Applicant
    supplier: str
    system: GpSystem
    numbers: frozenset[NhsNumber]  #: those that show the right patient: the present one and former ones (N2)


async def case_of(person_id: PersonId, desk: Desk) -> Case:
    """The person's practice by PDS, its system by the directory; raises Ended, Merged or NotNow."""
    person = await desk.people.find(person_id)
    if person is None:
        raise Ended(Reason.NOT_REGISTERED)
    applicant = _applicant(person, await desk.pds.look_up(person.nhs_number), desk)
    if applicant.nhs_number != person.nhs_number:
        survivor = await desk.people.note_number(person_id, applicant.nhs_number)
        if survivor != person_id:
            raise Merged(survivor)
    if applicant.practice != person.practice:
        await desk.people.note_practice(person_id, applicant.practice)
    surgery = desk.surgeries.system_of(applicant.practice)
    if surgery is None:
        raise Ended(Reason.NOT_COVERED)
    return Case(applicant, surgery.supplier, surgery.system, person.numbers | {applicant.nhs_number})


def _applicant(person: Person, answer: PracticeFound | NotOnPds | Unreachable, desk: Desk) -> Applicant:
    """What PDS says, over what the account says; the account alone when PDS cannot be asked (N20)."""
    if isinstance(answer, NotOnPds):
        raise Ended(Reason.NOT_PDS_MATCHED)
    if isinstance(answer, Unreachable) and person.practice is None:
        raise NotNow(answer)
    found = PracticeFound(person.nhs_number, None, None) if isinstance(answer, Unreachable) else answer
    if found.deceased:
        raise Ended(Reason.ARCHIVED)
    practice = found.practice or person.practice  # PDS naming none is no proof of having left (N22)
    if practice is None:
        raise Ended(Reason.NOT_REGISTERED)
    return Applicant(
        nhs_number=found.nhs_number,
        practice=practice,
        demographics=found.demographics or person.demographics,
        identity_token=desk.identity_tokens.mint(person),
        email=person.email,
        mobile=person.mobile,
    )

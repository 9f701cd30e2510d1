"""How much a login takes: the redirects that a person's browser follows, and the calls that the service makes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from gpic.examiner.case import NHS_LOGIN, SURGERIES, Case
from gpic.examiner.verdicts import Failed
from gpic.sandbox.rehearsal import PatientOfTest


@dataclass(frozen=True, slots=True)
class Effort:
    """Of one login."""

    what: str
    redirects: int  #: that the browser followed, from the button to the page at the end, where NHS login asks nothing
    nhs_login: int  #: calls of the service: token, userinfo, keys
    surgery: int  #: and to the GP system
    kinds: dict[str, int]  #: which those were


def efforts_of(case: Case) -> tuple[Effort, ...]:
    """Of a first login and of the next one, by somebody with everything in order; none where nobody can log in."""
    patient = case.somebody()
    try:
        return tuple(_of(case, patient, what) for what in ("first login", "second login"))
    except Failed:
        return ()


def _of(case: Case, patient: PatientOfTest, what: str) -> Effort:
    case.look_away()
    page = case.connect(patient)
    sent = [one for one in case.messages if one.sender == case.examinee]
    to_surgery = [one for one in sent if one.receiver in SURGERIES]
    return Effort(
        what,
        redirects=len(page.way) - 1,
        nhs_login=sum(one.receiver == NHS_LOGIN for one in sent),
        surgery=len(to_surgery),
        kinds=dict(Counter(one.operation for one in to_surgery)),
    )

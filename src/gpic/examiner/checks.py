"""What a check is, and what is found by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gpic.examiner.case import Case
from gpic.examiner.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Check:
    """One rule or attack, and the run that shows it."""

    id: str  #: "R3", "attack 31"
    title: str
    clause: str  #: where it is written down
    mend: str  #: what to do about it
    run: Callable[[Case], None] = field(repr=False)  #: raises Failed, NotSeen
    upholds: str = ""  #: the rule that it is a part of, where its own id is another


@dataclass(frozen=True, slots=True)
class Finding:
    """A check, what came of it, and the conversation that shows it."""

    check: Check
    verdict: Verdict
    expected: str = ""
    saw: str = ""
    diagram: str = ""  #: as text
    picture: str = ""  #: as SVG
    redirects: int = 0
    calls: int = 0
    seconds: float = 0
    note: str = ""  #: what it did not look at


def failures(findings: Sequence[Finding]) -> int:
    """How many checks failed."""
    return sum(finding.verdict is Verdict.FAILED for finding in findings)

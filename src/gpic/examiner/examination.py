"""Every check in its order, each with people of its own."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Final

from gpic.examiner import callbacks, scenarios, sessions, tokens
from gpic.examiner.between import between
from gpic.examiner.case import NHS_LOGIN, PERSON, Case, Examining
from gpic.examiner.checks import Check, Finding
from gpic.examiner.effort import Effort, efforts_of
from gpic.examiner.forgery import Forger
from gpic.examiner.looks import Looks
from gpic.examiner.returns import RETURNS
from gpic.examiner.rules import RULES
from gpic.examiner.verdicts import Failed, NotSeen, Verdict
from gpic.sandbox.browser import browser
from gpic.sandbox.diagram.svg import picture
from gpic.sandbox.rehearsal import Opening, Rehearsals

CHECKS: Final[Sequence[Check]] = (
    *tokens.AT_FIRST,
    *RULES,
    *RETURNS,
    *sessions.SESSIONS,
    *scenarios.SCENARIOS,
    *callbacks.ATTACKS,
    *tokens.ATTACKS,
    *sessions.ATTACKS,
    *scenarios.XML,
    *tokens.AT_LAST,
)
RULE_NAMES: Final = tuple(f"R{number}" for number in range(1, 17))
PATIENCE: Final = 70.0


class CheckUnknown(KeyError):
    """There is no check of this name."""

    def __str__(self) -> str:
        return f"There is no check {self.args[0]}; there are {', '.join((*RULE_NAMES, *(check.id for check in CHECKS)))}."


def chosen(names: Sequence[str]) -> Sequence[Check]:
    """The checks of these names, all where none is given; "R13" and "attack 32" are several. Raises CheckUnknown."""
    wanted = [name.lower() for name in names]
    for name, low in zip(names, wanted, strict=True):
        if not any(_is_called(check, low) for check in CHECKS):
            raise CheckUnknown(name)
    return [check for check in CHECKS if any(_is_called(check, low) for low in wanted)] or CHECKS


def _is_called(check: Check, name: str) -> bool:
    return name in {check.id.lower(), check.upholds.lower()} - {""} or check.id.lower().startswith(f"{name} ")


def examined(
    server: Rehearsals,
    service: str,
    looks: Looks,
    checks: Sequence[Check] = CHECKS,
    *,
    opening: Opening = browser,
    patience: float = PATIENCE,
) -> Iterator[Finding]:
    """A finding for each check, as soon as it is there. *patience*: seconds in which a new signing key may be noticed."""
    with _examining(server, service, looks, opening, patience) as among:
        for check in checks:
            yield _examined(check, Case(among))


def measured(server: Rehearsals, service: str, looks: Looks, *, opening: Opening = browser) -> tuple[Effort, ...]:
    """What a first and a second login take; nothing where nobody can log in."""
    with _examining(server, service, looks, opening, PATIENCE) as among:
        case = Case(among)
        try:
            return efforts_of(case)
        finally:
            case.sandbox.close()


@contextlib.contextmanager
def _examining(server: Rehearsals, service: str, looks: Looks, opening: Opening, patience: float) -> Iterator[Examining]:
    with between(server, "provider") as provider, between(server, "tpp") as tpp:
        forger = Forger(server.theatre.ground.script.keys.provider)
        yield Examining(server, service, looks, provider, tpp, forger, opening, patience)


def _examined(check: Check, case: Case) -> Finding:
    began = time.monotonic()
    verdict, expected, saw = Verdict.PASSED, "", ""
    with contextlib.ExitStack() as afterwards:
        afterwards.callback(case.sandbox.close)
        afterwards.callback(case.sandbox.lift_faults)
        try:
            check.run(case)
        except Failed as failed:
            verdict, expected, saw = Verdict.FAILED, failed.expected, failed.saw
        except NotSeen as unseen:
            verdict, saw = Verdict.NOT_SEEN, str(unseen)
    said = case.sandbox.journal.messages
    is_shown = verdict is Verdict.FAILED
    return Finding(
        check,
        verdict,
        expected,
        saw,
        diagram=case.sandbox.journal.diagram() if is_shown else "",
        picture=picture(said) if is_shown else "",
        redirects=sum((one.sender, one.receiver) == (PERSON, NHS_LOGIN) for one in said),
        calls=sum(one.sender == case.examinee for one in said),
        seconds=time.monotonic() - began,
        note=case.note,
    )

"""What to do with GP details, decided without doing anything: a table of rules, and what follows from a GP system's answers.

`decide` runs RULES in order; the first that applies wins. `after_session` and `after_link` read an answer into a Step: what
to write first, and what comes then. `connect.py` carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from gpic.nhs.answers import (
    AlreadyLinked,
    LinkAnswer,
    Linked,
    Reason,
    Refused,
    Rejected,
    Restricted,
    SessionAnswer,
    SessionOpened,
    Silence,
    Unexpected,
    Unreachable,
)
from gpic.nhs.credentials import Im1Token
from gpic.relying_party.decisions import (
    Case,
    DecideAgain,
    Decision,
    Fresh,
    History,
    RegisterForToken,
    SendBack,
    Step,
    StopAsking,
    UseStoredToken,
    Wait,
    Welcome,
)
from gpic.relying_party.outcomes import Obstacle
from gpic.relying_party.records import (
    KeyRefused,
    Linkage,
    Mark,
    NotRegistered,
    Proved,
    Registered,
    ShowsAnother,
    TokenRefused,
)
from gpic.relying_party.right_patient import is_right_patient

#: Lasting refusals that other details, which NHS login may have by now, can overcome: moved, migrated, revoked.
FRESH_DETAILS_MAY_HELP: Final = frozenset(
    {
        Reason.NOT_REGISTERED,
        Reason.ARCHIVED,
        Reason.ACCOUNT_NOT_PATIENTS,
        Reason.PRACTICE_UNKNOWN,
        Reason.PRACTICE_NOT_LIVE,
        Reason.ACCOUNT_UNKNOWN,
        Reason.KEY_INVALID,
        Reason.TOKEN_INVALID,
        Reason.LOCKED,
        Reason.ACCOUNT_EXISTS,
    }
)

#: What is said of a secret for a reason; every other rejection is final.
MARKS: Final[Mapping[Reason, Mark]] = MappingProxyType({Reason.WRONG_LINK_LEVEL: Mark.SUSPENDED})


Rule = Callable[[Case], Decision | None]


def claim_is_absent(case: Case) -> Decision | None:
    """R8: one return, then an explanation; a stored token is not used without a claim."""
    return send_back(case, Obstacle.CLAIM_ABSENT) if case.fresh.details is None else None


def practice_is_not_covered(case: Case) -> Decision | None:
    """G7: a practice that no system of ours serves."""
    return StopAsking(Obstacle.NOT_COVERED, Reason.NOT_COVERED) if not case.fresh.supplier else None


def details_are_new(case: Case) -> Decision | None:
    """R2, R4: a first login, or any of the three differs."""
    return register(case) if case.stored is None else None


def somebody_else_was_shown(case: Case) -> Decision | None:
    """R5: with these details the GP system showed this person another patient; they are not tried again."""
    return StopAsking(Obstacle.WRONG_PATIENT) if case.known.is_of_another else None


def token_works_as_far_as_known(case: Case) -> Decision | None:
    """R3: same details, same supplier, nothing against the token: no registration."""
    token = case.known.token
    usable = token is not None and token.supplier == case.fresh.supplier and case.token_mark is Mark.SOUND
    return UseStoredToken(token) if usable and token is not None else None


def key_was_refused(case: Case) -> Decision | None:
    """R7: a refused key is not presented again; after 'Restricted' a sign-in may lift it."""
    if case.key_mark is Mark.SOUND:
        return None
    return send_back_for(case, case.token_mark if case.token_mark is Mark.SUSPENDED else case.key_mark)


def token_is_lost_for_good(case: Case) -> Decision | None:
    """R12: returned for it once, and the same details came back."""
    return StopAsking(Obstacle.ALREADY_LINKED) if case.history.has(Obstacle.ALREADY_LINKED) else None


def a_further_registration_is_spent(case: Case) -> Decision | None:
    """R3, R7: one more registration per linkage key when its token is refused, and none for a token bought just now."""
    spent = case.known.token is not None and (case.has_registered or case.known.renewed)
    return send_back_for(case, case.token_mark) if spent else None


def register(case: Case) -> Decision | None:
    """R2, R7: buy a token with the details of this login."""
    details, demographics = case.fresh.details, case.fresh.person.demographics
    if details is None or demographics is None:
        raise AssertionError("details are never read without surname and birth date")  # a bug of ours, not of theirs
    return RegisterForToken(details, demographics, is_renewal=case.known.token is not None)


#: In this order; the first that applies wins, and the last always does.
RULES: Final[tuple[Rule, ...]] = (
    claim_is_absent,
    practice_is_not_covered,
    details_are_new,
    somebody_else_was_shown,
    token_works_as_far_as_known,
    key_was_refused,
    token_is_lost_for_good,
    a_further_registration_is_spent,
    register,
)


def decide(stored: Linkage | None, fresh: Fresh, history: History) -> Decision:
    """What this login's claim calls for."""
    return decide_case(Case(stored, fresh, history))


def decide_case(case: Case) -> Decision:
    """The first rule that applies."""
    return next(decision for rule in RULES if (decision := rule(case)) is not None)


def after_session(case: Case, token: Im1Token, answer: SessionAnswer, now: datetime) -> Step:
    """What follows when a session was asked for with *token*; *now* is of the wire clock."""
    match answer:
        case SessionOpened(session, shown):
            if is_right_patient(case.fresh.person, shown):
                return Step(Welcome(session), Proved(token.fingerprint))
            return Step(StopAsking(Obstacle.WRONG_PATIENT), ShowsAnother(), ends=session)
        case Restricted():
            return Step(send_back(case, Obstacle.RESTRICTED, sign_in=True))
        case Rejected(reason):
            return Step(DecideAgain(), TokenRefused(token.fingerprint, MARKS.get(reason, Mark.REJECTED), now))
        case Refused(reason):
            return Step(lasting(case, reason))
        case Unreachable() | Unexpected():
            return Step(Wait(pause_of(answer)))


def after_link(case: Case, asked: RegisterForToken, answer: LinkAnswer, now: datetime) -> Step:
    """What follows when a registration was asked for; *now* is of the wire clock."""
    match answer:
        case Linked(token):
            return Step(UseStoredToken(token), Registered(asked.details, token, asked.is_renewal))
        case AlreadyLinked() | Rejected(Reason.ALREADY_LINKED) | Refused(Reason.ALREADY_LINKED):
            return Step(unless_suspended(case, send_back(case, Obstacle.ALREADY_LINKED)), NotRegistered())
        case Rejected(reason):
            return Step(DecideAgain(), KeyRefused(MARKS.get(reason, Mark.REJECTED), now))
        case Refused(reason):
            return Step(unless_suspended(case, lasting(case, reason)), NotRegistered())
        case Unreachable() | Unexpected():
            return Step(Wait(pause_of(answer)), NotRegistered())


def send_back(case: Case, why: Obstacle, *, sign_in: bool = False, refusal: Reason | None = None) -> SendBack | StopAsking:
    """A return where the history allows one, an explanation where not (R8, R9)."""
    return SendBack(why, sign_in) if case.history.allows(why) else StopAsking(why, refusal)


def send_back_for(case: Case, mark: Mark) -> SendBack | StopAsking:
    """R7: after a 403-Restricted with prompt=login, else with an asserted identity."""
    if mark is Mark.SUSPENDED:
        return send_back(case, Obstacle.RESTRICTED, sign_in=True)
    return send_back(case, Obstacle.DETAILS_REJECTED)


def unless_suspended(case: Case, otherwise: SendBack | StopAsking) -> SendBack | StopAsking:
    """A token that only waits for a sign-in is not lost: ask for the sign-in (R7)."""
    return send_back_for(case, Mark.SUSPENDED) if case.token_mark is Mark.SUSPENDED else otherwise


def lasting(case: Case, reason: Reason) -> SendBack | StopAsking:
    """A refusal that is not the secret's fault: nothing is thrown away; a sign-in may help, or fresh details, or nothing."""
    if reason is Reason.WRONG_LINK_LEVEL:
        return send_back(case, Obstacle.RESTRICTED, sign_in=True)
    if reason in FRESH_DETAILS_MAY_HELP:
        return send_back(case, Obstacle.GP_SYSTEM_REFUSES, refusal=reason)
    return StopAsking(Obstacle.GP_SYSTEM_REFUSES, reason)


def pause_of(silence: Silence) -> timedelta | None:
    """How long a silent system asked us to wait, where it said so."""
    return silence.retry_after if isinstance(silence, Unreachable) else None

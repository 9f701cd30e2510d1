from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.nhs.answers import (
    AlreadyLinked,
    GpSession,
    LinkAnswer,
    Linked,
    Reason,
    Refused,
    Rejected,
    Restricted,
    SessionOpened,
    ShownPatient,
    Silence,
    Unexpected,
    Unreachable,
)
from gpic.nhs.credentials import Im1Token
from gpic.nhs.secret import Secret
from gpic.relying_party.decisions import (
    Case,
    DecideAgain,
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
from gpic.relying_party.linkage import FRESH_DETAILS_MAY_HELP, RULES, after_link, after_session, decide, decide_case
from gpic.relying_party.outcomes import Obstacle
from gpic.relying_party.records import (
    KeyRefused,
    Linkage,
    Mark,
    NotRegistered,
    Proved,
    Registered,
    Return,
    ShowsAnother,
    TokenRefused,
)
from gpic.relying_party.right_patient import Person
from tests.unit.relying_party.world import MARY, NOW, NUMBER, OTHER_NUMBER, details

TOKEN = Im1Token("emis", Secret("token-1"))
NEWER = Im1Token("emis", Secret("token-2"))
PERSON = Person("mary", MARY, NUMBER)
FRESH = Fresh(PERSON, details(), "emis", NOW - timedelta(hours=1))
STORED = Linkage(details().fingerprint, 3, details(), TOKEN)
ASKED = RegisterForToken(details(), MARY)
SESSION = GpSession("emis", Secret("session"))

NEVER = History()
FULL = History((Return(Obstacle.DETAILS_REJECTED, NOW), Return(Obstacle.RESTRICTED, NOW)))


def after(*why: Obstacle) -> History:
    """The history of somebody who was returned for these."""
    return History(tuple(Return(one, NOW) for one in why))


STORES = [
    None,
    *(
        replace(STORED, token=token, token_mark=token_mark, key_mark=key_mark, renewed=renewed, is_of_another=another)
        for token, token_mark, key_mark, renewed, another in itertools.product(
            [None, TOKEN, Im1Token("tpp", Secret("token-1"))], Mark, Mark, [False, True], [False, True]
        )
    ),
]
FRESHES = [
    replace(FRESH, details=given, supplier=supplier, signed_in_at=signed_in_at)
    for given, supplier, signed_in_at in itertools.product(
        [None, details()], ["", "emis"], [None, NOW - timedelta(hours=1), NOW]
    )
]
SUSPENSIONS = [None, NOW]


def every_case() -> list[Case]:
    """All combinations of what a decision looks at."""
    return [
        Case(replace(stored, suspended_at=since) if stored else None, fresh, history, has_registered)
        for stored, since, fresh, history, has_registered in itertools.product(
            STORES,
            SUSPENSIONS,
            FRESHES,
            [NEVER, after(Obstacle.ALREADY_LINKED), after(Obstacle.CLAIM_ABSENT), FULL],
            [False, True],
        )
    ]


CASES = every_case()


def test_every_case_has_exactly_one_decision() -> None:
    """The table is total: the first rule that applies answers, and the last always applies."""
    for case in CASES:
        assert isinstance(decide_case(case), UseStoredToken | RegisterForToken | SendBack | StopAsking)


def test_every_rule_decides_something() -> None:
    """No rule is dead: each is the first to apply somewhere."""
    deciding = {next(rule for rule in RULES if rule(case) is not None) for case in CASES}

    assert set(RULES) == deciding


def test_without_a_claim_no_gp_system_is_asked() -> None:
    """R8: whatever is stored, an absent claim leads back once and then to an explanation."""
    for case in CASES:
        if case.fresh.details is None:
            expected = SendBack if case.history.allows(Obstacle.CLAIM_ABSENT) else StopAsking
            decision = decide_case(case)
            assert isinstance(decision, expected)
            assert Obstacle.CLAIM_ABSENT is decision.why


def test_a_sound_token_is_always_used_and_nothing_else() -> None:
    """R3: with the same details and a token that nothing speaks against, nobody registers, whatever else is true."""
    for case in CASES:
        stored = case.stored
        sound = stored and stored.token == TOKEN and case.token_mark is Mark.SOUND and not stored.is_of_another
        if case.fresh.details and case.fresh.supplier:
            assert bool(sound) == isinstance(decide_case(case), UseStoredToken)


def test_a_refused_secret_is_never_presented() -> None:
    """R7: a rejected or suspended token opens no session, a rejected or suspended key buys no token."""
    for case in CASES:
        match decide_case(case):
            case UseStoredToken(token):
                assert (TOKEN, Mark.SOUND) == (token, case.token_mark)
            case RegisterForToken():
                assert Mark.SOUND is case.key_mark
            case SendBack() | StopAsking():
                pass


def test_nobody_is_registered_twice_for_nothing() -> None:
    """R3, R7: one further registration per linkage key, and none in a login that has made one with a token."""
    for case in CASES:
        decision = decide_case(case)
        if isinstance(decision, RegisterForToken) and case.stored is not None and case.stored.token is not None:
            assert decision.is_renewal
            assert not case.stored.renewed
            assert not case.has_registered


def test_a_full_history_returns_nobody() -> None:
    """R9: after two returns there is no third, in no case."""
    for case in CASES:
        if len(case.history.returns) >= case.history.most:
            assert not isinstance(decide_case(case), SendBack)


def test_somebody_elses_details_are_not_tried_again() -> None:
    """R5: where a session showed another patient, no call is made."""
    for case in CASES:
        if case.stored is not None and case.stored.is_of_another and case.fresh.details and case.fresh.supplier:
            assert StopAsking(Obstacle.WRONG_PATIENT) == decide_case(case)


@pytest.mark.parametrize(
    ("stored", "fresh", "history", "expected"),
    [
        (None, FRESH, NEVER, ASKED),
        (None, replace(FRESH, supplier=""), NEVER, StopAsking(Obstacle.NOT_COVERED, Reason.NOT_COVERED)),
        (None, FRESH, FULL, ASKED),
        (STORED, FRESH, NEVER, UseStoredToken(TOKEN)),
        (replace(STORED, token=None), FRESH, NEVER, ASKED),
        (replace(STORED, token=None), FRESH, after(Obstacle.ALREADY_LINKED), StopAsking(Obstacle.ALREADY_LINKED)),
        (None, FRESH, after(Obstacle.ALREADY_LINKED), ASKED),
        (replace(STORED, token_mark=Mark.REJECTED), FRESH, NEVER, replace(ASKED, is_renewal=True)),
        (replace(STORED, token_mark=Mark.REJECTED, renewed=True), FRESH, NEVER, SendBack(Obstacle.DETAILS_REJECTED)),
        (replace(STORED, token_mark=Mark.REJECTED, renewed=True), FRESH, FULL, StopAsking(Obstacle.DETAILS_REJECTED)),
        (replace(STORED, token=None, key_mark=Mark.REJECTED), FRESH, NEVER, SendBack(Obstacle.DETAILS_REJECTED)),
        (
            replace(STORED, token=None, key_mark=Mark.SUSPENDED, suspended_at=NOW),
            FRESH,
            NEVER,
            SendBack(Obstacle.RESTRICTED, sign_in=True),
        ),
        (
            replace(STORED, token_mark=Mark.SUSPENDED, key_mark=Mark.REJECTED, suspended_at=NOW),
            FRESH,
            NEVER,
            SendBack(Obstacle.RESTRICTED, sign_in=True),
        ),
        (
            replace(STORED, token_mark=Mark.SUSPENDED, key_mark=Mark.REJECTED, suspended_at=NOW),
            replace(FRESH, signed_in_at=NOW),
            NEVER,
            UseStoredToken(TOKEN),
        ),
        (
            replace(STORED, token_mark=Mark.SUSPENDED, suspended_at=NOW.replace(microsecond=999)),
            replace(FRESH, signed_in_at=NOW),
            NEVER,
            UseStoredToken(TOKEN),
        ),
        (
            replace(STORED, token_mark=Mark.SUSPENDED, suspended_at=NOW, renewed=True),
            replace(FRESH, signed_in_at=NOW - timedelta(seconds=1)),
            NEVER,
            SendBack(Obstacle.RESTRICTED, sign_in=True),
        ),
        (STORED, replace(FRESH, supplier="tpp"), NEVER, replace(ASKED, is_renewal=True)),
    ],
)
def test_the_table_reads(stored: Linkage | None, fresh: Fresh, history: History, expected: object) -> None:
    """R2, R3, R6, R7, R12: what is stored beside what came decides; a sign-in in the same second lifts a suspension."""
    assert expected == decide(stored, fresh, history)


def test_details_without_names_are_a_bug_of_ours() -> None:
    """R1: userinfo never hands over details without surname and birth date."""
    with pytest.raises(AssertionError, match=r"^details are never read without surname and birth date$"):
        decide(None, replace(FRESH, person=Person("mary")), NEVER)


CASE = Case(STORED, FRESH, NEVER)


def opened(*numbers: object) -> SessionOpened:
    """A session that shows these numbers."""
    return SessionOpened(SESSION, ShownPatient(frozenset(numbers), MARY))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "answer", "expected"),
    [
        (CASE, opened(NUMBER), Step(Welcome(SESSION), Proved(TOKEN.fingerprint))),
        (CASE, opened(OTHER_NUMBER), Step(StopAsking(Obstacle.WRONG_PATIENT), ShowsAnother(), ends=SESSION)),
        (CASE, Restricted(), Step(SendBack(Obstacle.RESTRICTED, sign_in=True))),
        (replace(CASE, history=FULL), Restricted(), Step(StopAsking(Obstacle.RESTRICTED))),
        (CASE, Rejected(Reason.TOKEN_INVALID), Step(DecideAgain(), TokenRefused(TOKEN.fingerprint, Mark.REJECTED, NOW))),
        (CASE, Rejected(Reason.WRONG_LINK_LEVEL), Step(DecideAgain(), TokenRefused(TOKEN.fingerprint, Mark.SUSPENDED, NOW))),
        (CASE, Refused(Reason.ONLINE_SERVICES_OFF), Step(StopAsking(Obstacle.GP_SYSTEM_REFUSES, Reason.ONLINE_SERVICES_OFF))),
        (CASE, Refused(Reason.ARCHIVED), Step(SendBack(Obstacle.GP_SYSTEM_REFUSES))),
        (CASE, Refused(Reason.WRONG_LINK_LEVEL), Step(SendBack(Obstacle.RESTRICTED, sign_in=True))),
        (
            replace(CASE, history=after(Obstacle.GP_SYSTEM_REFUSES)),
            Refused(Reason.ARCHIVED),
            Step(StopAsking(Obstacle.GP_SYSTEM_REFUSES, Reason.ARCHIVED)),
        ),
        (CASE, Unreachable(timedelta(seconds=7)), Step(Wait(timedelta(seconds=7)))),
        (CASE, Unexpected("teapot"), Step(Wait())),
    ],
)
def test_a_session_is_read(case: Case, answer: object, expected: Step) -> None:
    """R5, R6, R7, R10: each answer of a session and what follows; silence changes nothing."""
    assert expected == after_session(case, TOKEN, answer, NOW)  # type: ignore[arg-type]


FIRST = Case(Linkage(details().fingerprint, 1), FRESH, NEVER)
SUSPENDED = Case(replace(STORED, token_mark=Mark.SUSPENDED, suspended_at=NOW), FRESH, NEVER)


@pytest.mark.parametrize(
    ("case", "answer", "expected"),
    [
        (FIRST, Linked(NEWER), Step(UseStoredToken(NEWER), Registered(details(), NEWER))),
        (FIRST, AlreadyLinked(), Step(SendBack(Obstacle.ALREADY_LINKED), NotRegistered())),
        (FIRST, Rejected(Reason.ALREADY_LINKED), Step(SendBack(Obstacle.ALREADY_LINKED), NotRegistered())),
        (FIRST, Refused(Reason.ALREADY_LINKED), Step(SendBack(Obstacle.ALREADY_LINKED), NotRegistered())),
        (
            replace(FIRST, history=after(Obstacle.ALREADY_LINKED)),
            AlreadyLinked(),
            Step(StopAsking(Obstacle.ALREADY_LINKED), NotRegistered()),
        ),
        (SUSPENDED, AlreadyLinked(), Step(SendBack(Obstacle.RESTRICTED, sign_in=True), NotRegistered())),
        (FIRST, Rejected(Reason.KEY_INVALID), Step(DecideAgain(), KeyRefused(Mark.REJECTED, NOW))),
        (FIRST, Rejected(Reason.LOCKED), Step(DecideAgain(), KeyRefused(Mark.REJECTED, NOW))),
        (FIRST, Rejected(Reason.WRONG_LINK_LEVEL), Step(DecideAgain(), KeyRefused(Mark.SUSPENDED, NOW))),
        (FIRST, Refused(Reason.WRONG_LINK_LEVEL), Step(SendBack(Obstacle.RESTRICTED, sign_in=True), NotRegistered())),
        (SUSPENDED, Refused(Reason.UNDER_AGE), Step(SendBack(Obstacle.RESTRICTED, sign_in=True), NotRegistered())),
        (FIRST, Unreachable(), Step(Wait(), NotRegistered())),
        (FIRST, Unreachable(timedelta(seconds=7)), Step(Wait(timedelta(seconds=7)), NotRegistered())),
        (FIRST, Unexpected("teapot"), Step(Wait(), NotRegistered())),
    ],
)
def test_a_registration_is_read(case: Case, answer: LinkAnswer, expected: Step) -> None:
    """R2, R7, R10, R12: each answer of a registration and what follows."""
    assert expected == after_link(case, ASKED, answer, NOW)


@pytest.mark.parametrize("reason", [one for one in Reason if one not in {Reason.ALREADY_LINKED, Reason.WRONG_LINK_LEVEL}])
def test_a_lasting_refusal_leads_back_only_where_other_details_could_help(reason: Reason) -> None:
    """R7: moved, migrated or revoked people are asked to log in again, once; the others are told why at once."""
    step = after_link(FIRST, ASKED, Refused(reason), NOW)

    assert isinstance(step.then, SendBack if reason in FRESH_DETAILS_MAY_HELP else StopAsking)
    assert Obstacle.GP_SYSTEM_REFUSES is step.then.why
    assert NotRegistered() == step.change


def test_a_renewal_is_remembered_as_one() -> None:
    """R7: the further registration of a linkage key is marked when it succeeds."""
    step = after_link(CASE, replace(ASKED, is_renewal=True), Linked(NEWER), NOW)

    assert Registered(details(), NEWER, is_renewal=True) == step.change


@pytest.mark.parametrize("silence", [Unreachable(), Unreachable(timedelta(seconds=1)), Unexpected("teapot")])
def test_silence_throws_nothing_away(silence: Silence) -> None:
    """R10: no answer is neither invalid nor restricted: no return, no erasure, whatever is stored."""
    for case in CASES:
        if case.fresh.details is not None:
            assert None is after_session(case, TOKEN, silence, NOW).change
            assert isinstance(after_link(case, ASKED, silence, NOW).then, Wait)
            assert NotRegistered() == after_link(case, ASKED, silence, NOW).change

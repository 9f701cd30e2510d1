"""Each change of a holding, whole: what it sets, and what it leaves as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gpic.credentials import changes
from gpic.credentials.holding import Holding
from gpic.credentials.lifecycle import State
from gpic.credentials.policy import CredentialsPolicy
from gpic.nhs.answers import Reason
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.secret import Secret
from tests.unit.credentials.surgery import ELSEWHERE, NOW, PERSON, PRACTICE

POLICY = CredentialsPolicy()
DETAILS = GpCredentials("1", PRACTICE, Secret("key"))
OTHERS = GpCredentials("1", PRACTICE, Secret("another key"))
TOKEN = Im1Token("emis", Secret("token"))
THEN = NOW - timedelta(hours=30)
#: A holding in which nothing has its default, so that whatever a change forgets shows.
FULL = Holding(
    PERSON,
    State.HELD,
    version=7,
    supplier="emis",
    practice=PRACTICE,
    details=DETAILS,
    token=TOKEN,
    rejected=frozenset({"dead"}),
    refusal=Reason.UNDER_AGE,
    tries=2,
    silences=3,
    next_try_at=NOW,
    registered_at=THEN,
    checked_at=THEN,
    completed=(THEN, NOW - timedelta(hours=1)),
)


def at(state: State) -> Holding:
    """The full holding in this state."""
    return replace(FULL, state=state)


CASES: list[tuple[str, Holding, Callable[[Holding], Holding], Holding]] = [
    (
        "a registration elsewhere forgets what was held",
        at(State.REFUSED),
        lambda holding: changes.begun(holding, ELSEWHERE, "tpp"),
        replace(
            FULL,
            state=State.REGISTERING,
            practice=ELSEWHERE,
            supplier="tpp",
            details=None,
            token=None,
            silences=0,
            next_try_at=None,
        ),
    ),
    (
        "a registration that goes on changes nothing",
        at(State.UNPROVED),
        lambda holding: changes.begun(holding, PRACTICE, "emis"),
        at(State.UNPROVED),
    ),
    (
        "a registration whose practice changed starts over",
        at(State.UNPROVED),
        lambda holding: changes.begun(holding, ELSEWHERE, "emis"),
        replace(FULL, state=State.REGISTERING, practice=ELSEWHERE, details=None, token=None, silences=0, next_try_at=None),
    ),
    (
        "a restricted account of another practice is that practice's business",
        at(State.RESTRICTED),
        lambda holding: changes.begun(holding, ELSEWHERE, "emis"),
        replace(FULL, state=State.REGISTERING, practice=ELSEWHERE, details=None, token=None, silences=0, next_try_at=None),
    ),
    (
        "a restricted account at the same practice goes on where it is",
        at(State.RESTRICTED),
        lambda holding: changes.begun(holding, PRACTICE, "emis"),
        at(State.RESTRICTED),
    ),
    (
        "a registration whose system changed starts over",
        at(State.REGISTERING),
        lambda holding: changes.begun(holding, PRACTICE, "tpp"),
        replace(FULL, state=State.REGISTERING, supplier="tpp", details=None, token=None, silences=0, next_try_at=None),
    ),
    (
        "stored details count, and old completions are forgotten",
        at(State.REGISTERING),
        lambda holding: changes.stored(holding, OTHERS, NOW, POLICY),
        replace(FULL, state=State.UNPROVED, details=OTHERS, completed=(NOW - timedelta(hours=1), NOW)),
    ),
    ("a token is kept", at(State.UNPROVED), lambda holding: changes.tokened(holding, TOKEN), at(State.UNPROVED)),
    (
        "proof clears what went before",
        at(State.UNPROVED),
        lambda holding: changes.proved(holding, NOW),
        replace(FULL, refusal=None, tries=0, silences=0, next_try_at=None, registered_at=NOW, checked_at=NOW),
    ),
    (
        "a refusal keeps the reason and the pause, and nothing usable",
        at(State.REGISTERING),
        lambda holding: changes.refused(holding, Reason.ARCHIVED, NOW, POLICY),
        replace(
            FULL,
            state=State.REFUSED,
            details=None,
            token=None,
            refusal=Reason.ARCHIVED,
            tries=3,
            silences=0,
            next_try_at=NOW + timedelta(hours=6),
        ),
    ),
    (
        "a rejected token is remembered and gone",
        FULL,
        changes.without_token,
        replace(FULL, token=None, rejected=frozenset({"dead", TOKEN.fingerprint})),
    ),
    ("without a token nothing is rejected", replace(FULL, token=None), changes.without_token, replace(FULL, token=None)),
    (
        "a rejected check drops details and token",
        FULL,
        changes.token_rejected,
        replace(FULL, state=State.REGISTERING, details=None, token=None, rejected=frozenset({"dead", TOKEN.fingerprint})),
    ),
    (
        "a rejected key is remembered",
        FULL,
        changes.key_rejected,
        replace(FULL, rejected=frozenset({"dead", DETAILS.fingerprint})),
    ),
    ("without details no key is rejected", replace(FULL, details=None), changes.key_rejected, replace(FULL, details=None)),
    ("a restriction keeps everything", FULL, changes.restricted, at(State.RESTRICTED)),
    (
        "a lifting with the same details keeps the token",
        at(State.RESTRICTED),
        lambda holding: changes.lifted(holding, DETAILS),
        at(State.UNPROVED),
    ),
    (
        "a lifting with others drops the token",
        at(State.RESTRICTED),
        lambda holding: changes.lifted(holding, OTHERS),
        replace(FULL, state=State.UNPROVED, details=OTHERS, token=None),
    ),
    (
        "a good check is stamped",
        FULL,
        lambda holding: changes.checked(holding, NOW),
        replace(FULL, checked_at=NOW, silences=0, next_try_at=None),
    ),
    (
        "who left keeps nothing, and may come back at once",
        FULL,
        changes.left,
        replace(FULL, state=State.WITHDRAWN, details=None, token=None, refusal=None, tries=0, silences=0, next_try_at=None),
    ),
    (
        "another patient erases everything usable",
        FULL,
        lambda holding: changes.wrong_patient(holding, NOW, POLICY),
        replace(
            FULL,
            state=State.REFUSED,
            details=None,
            token=None,
            refusal=Reason.WRONG_PATIENT,
            tries=3,
            next_try_at=NOW + timedelta(hours=6),
        ),
    ),
    (
        "a silence is counted, and has its pause",
        replace(FULL, next_try_at=None),
        lambda holding: changes.silent(holding, NOW),
        replace(FULL, silences=4, next_try_at=NOW),
    ),
    (
        "a silence does not shorten the pause after a refusal",
        replace(FULL, next_try_at=NOW + timedelta(hours=1)),
        lambda holding: changes.silent(holding, NOW),
        replace(FULL, silences=4, next_try_at=NOW + timedelta(hours=1)),
    ),
    (
        "a silence may lengthen a pause",
        replace(FULL, next_try_at=NOW - timedelta(hours=1)),
        lambda holding: changes.silent(holding, NOW),
        replace(FULL, silences=4, next_try_at=NOW),
    ),
]


@pytest.mark.parametrize(
    ("before", "change", "expected"), [case[1:] for case in CASES], ids=[case[0].replace(" ", "-") for case in CASES]
)
def test_a_change_changes_just_this(before: Holding, change: Callable[[Holding], Holding], expected: Holding) -> None:
    """N2, N8, N11, N13, N15, N17, N18: each change is one event of the lifecycle, and nothing else moves."""
    assert expected == change(before)


def test_only_the_last_day_counts() -> None:
    """N13: exactly 24 hours ago is over."""
    holding = replace(FULL, completed=(NOW - timedelta(hours=24), NOW - timedelta(hours=24) + timedelta(microseconds=1)))

    assert 1 == len(changes.recent(holding, NOW, POLICY))


def test_a_pause_never_overflows() -> None:
    """N12: after a year of silences the pause is still 15 minutes, less jitter."""
    assert timedelta(minutes=15) == POLICY.pause_after_silences(100_000, 0.0)
    assert timedelta(minutes=12) == POLICY.pause_after_silences(100_000, 1.0)

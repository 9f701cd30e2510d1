"""Signing keys over time: which step may be taken when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpic.jose.keys import SigningKey
from gpic.provider.policy import ProviderPolicy
from gpic.provider.signing_keys import (
    HeldKeys,
    RotationRefused,
    Stage,
    begun,
    longest_token_life,
    may_sign_from,
    needed_until,
    of_stage,
    prepared,
    promoted,
    ring_of,
    rotated,
    still_needed,
    withdrawn,
)
from tests.unit.provider.world import ISSUER, NOW

SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
#: 30 s until every process has read the keys, and 5 min until every partner's cache is younger.
KNOWN = timedelta(minutes=5, seconds=30)
#: 30 s until nobody signs with it, 60 min of an ID token, 30 s of skew.
NEEDED = timedelta(minutes=61)
POLICY = ProviderPolicy(ISSUER)


@pytest.fixture(scope="session")
def pool() -> list[SigningKey]:
    """Keys take a while to make."""
    return [SigningKey.generate() for _ in range(4)]


def stages(keys: HeldKeys) -> dict[str, Stage]:
    """Who stands where."""
    return {key.kid: key.stage for key in keys}


def one(pool: list[SigningKey]) -> HeldKeys:
    """A provider that has just begun."""
    return begun((), pool[0], NOW)


def test_the_first_key_signs_at_once(pool: list[SigningKey]) -> None:
    """Nobody has cached anything yet."""
    (first,) = one(pool)

    assert (pool[0].kid, Stage.CURRENT, NOW, NOW, pool[0]) == (
        first.kid,
        first.stage,
        first.published_at,
        first.signs_since,
        first.private,
    )


def test_where_a_key_signs_nobody_begins_anew(pool: list[SigningKey]) -> None:
    """A second process that starts takes what is there; a prepared key alone does not sign."""
    keys = one(pool)

    assert keys is begun(keys, pool[1], NOW + SECOND)
    waiting = prepared((), pool[1], NOW)
    assert {pool[1].kid: Stage.NEXT, pool[0].kid: Stage.CURRENT} == stages(begun(waiting, pool[0], NOW))


def test_the_next_key_is_published_and_does_not_sign(pool: list[SigningKey]) -> None:
    """Everybody gets to know it first."""
    keys = prepared(one(pool), pool[1], NOW + SECOND)
    ring = ring_of(keys, NOW + SECOND, POLICY)

    assert {pool[0].kid: Stage.CURRENT, pool[1].kid: Stage.NEXT} == stages(keys)
    assert (NOW + SECOND, None, pool[1]) == (keys[1].published_at, keys[1].signs_since, keys[1].private)
    assert ring is not None
    assert pool[0].kid == ring.current.kid
    assert [pool[0].kid, pool[1].kid] == [key.kid for key in ring.key_set.keys]


def test_one_next_key_is_enough(pool: list[SigningKey]) -> None:
    """A second preparation is refused and names the first."""
    with pytest.raises(RotationRefused) as told:
        prepared(prepared(one(pool), pool[1], NOW), pool[2], NOW)

    assert f"{pool[1].kid} is already prepared; promote it first." == str(told.value)


def test_a_key_is_promoted_once_everybody_knows_it(pool: list[SigningKey]) -> None:
    """To the microsecond: every process has read it, and no cache of a partner's is older."""
    keys = prepared(one(pool), pool[1], NOW)

    assert NOW + KNOWN == may_sign_from(keys[1], POLICY)
    with pytest.raises(RotationRefused) as told:
        promoted(keys, NOW + KNOWN - TICK, POLICY)
    after = promoted(keys, NOW + KNOWN, POLICY)

    assert f"{pool[1].kid} is not known to everybody yet; promote it from 2026-11-23 12:05:30 UTC." == str(told.value)
    assert {pool[0].kid: Stage.RETIRED, pool[1].kid: Stage.CURRENT} == stages(after)
    assert (NOW + KNOWN, None) == (after[0].retired_at, after[0].private)
    assert (NOW + KNOWN, pool[1]) == (after[1].signs_since, after[1].private)


def test_a_stolen_key_is_replaced_at_once(pool: list[SigningKey]) -> None:
    """The operator may say so."""
    keys = promoted(prepared(one(pool), pool[1], NOW), NOW, POLICY, at_once=True)

    assert {pool[0].kid: Stage.RETIRED, pool[1].kid: Stage.CURRENT} == stages(keys)


def test_without_a_next_key_nothing_is_promoted(pool: list[SigningKey]) -> None:
    """Not even at once."""
    for at_once in (False, True):
        with pytest.raises(RotationRefused) as told:
            promoted(one(pool), NOW + KNOWN, POLICY, at_once=at_once)
        assert "There is no next key; prepare one first." == str(told.value)


def test_a_retired_key_stays_retired(pool: list[SigningKey]) -> None:
    """Its dates do not change with the next promotion."""
    twice = promoted(prepared(one(pool), pool[1], NOW), NOW, POLICY, at_once=True)
    thrice = promoted(prepared(twice, pool[2], NOW + SECOND), NOW + SECOND, POLICY, at_once=True)

    assert twice[0] == thrice[0]
    assert [Stage.RETIRED, Stage.RETIRED, Stage.CURRENT] == [key.stage for key in thrice]


def test_a_rotation_takes_the_step_that_is_due(pool: list[SigningKey]) -> None:
    """First it prepares; then it promotes and prepares the next, so that a timer needs one command."""
    first = rotated(one(pool), pool[1], NOW, POLICY)
    with pytest.raises(RotationRefused, match="not known to everybody yet"):
        rotated(first, pool[2], NOW + KNOWN - TICK, POLICY)
    second = rotated(first, pool[2], NOW + KNOWN, POLICY)

    assert {pool[0].kid: Stage.CURRENT, pool[1].kid: Stage.NEXT} == stages(first)
    assert {pool[0].kid: Stage.RETIRED, pool[1].kid: Stage.CURRENT, pool[2].kid: Stage.NEXT} == stages(second)
    assert NOW + KNOWN == second[2].published_at


def test_a_rotation_at_once_leaves_no_stolen_key_signing(pool: list[SigningKey]) -> None:
    """With or without a prepared key."""
    unprepared = rotated(one(pool), pool[1], NOW, POLICY, at_once=True)
    ready = rotated(prepared(one(pool), pool[1], NOW), pool[2], NOW, POLICY, at_once=True)

    assert {pool[0].kid: Stage.RETIRED, pool[1].kid: Stage.CURRENT} == stages(unprepared)
    assert {pool[0].kid: Stage.RETIRED, pool[1].kid: Stage.CURRENT, pool[2].kid: Stage.NEXT} == stages(ready)


def retired(pool: list[SigningKey]) -> HeldKeys:
    """One key retired at NOW, the other signs."""
    return promoted(prepared(one(pool), pool[1], NOW), NOW, POLICY, at_once=True)


def test_a_retired_key_verifies_as_long_as_a_token_of_it_may_live(pool: list[SigningKey]) -> None:
    """To the microsecond; then it is dropped without anybody's doing."""
    keys = retired(pool)

    assert [NOW + NEEDED, None] == [needed_until(key, POLICY) for key in keys]
    assert keys == still_needed(keys, NOW + NEEDED - TICK, POLICY)
    assert keys[1:] == still_needed(keys, NOW + NEEDED, POLICY)
    for moment, names in ((NOW + NEEDED - TICK, [pool[1].kid, pool[0].kid]), (NOW + NEEDED, [pool[1].kid])):
        ring = ring_of(keys, moment, POLICY)
        assert ring is not None
        assert names == [key.kid for key in ring.key_set.keys]


@pytest.mark.parametrize("life", ["id_token_lifetime", "access_token_lifetime", "identity_token_lifetime"])
def test_the_longest_life_counts(life: str) -> None:
    """ID token, access token, or what EMIS is shown; a verifier's clock may be off."""
    policy = replace(POLICY, **{life: timedelta(hours=9)})  # type: ignore[arg-type]

    assert timedelta(hours=9, seconds=30) == longest_token_life(policy)
    assert timedelta(hours=9, minutes=1) == longest_token_life(replace(policy, clock_skew=timedelta(minutes=1)))


def test_caches_and_processes_have_the_time_that_the_settings_give_them(pool: list[SigningKey]) -> None:
    """Both durations are settings."""
    slow = replace(POLICY, keys_read_every=timedelta(minutes=2), key_lifetime_in_caches=timedelta(hours=1))

    assert NOW + timedelta(minutes=62) == may_sign_from(one(pool)[0], slow)
    assert NOW + timedelta(minutes=62, seconds=30) == needed_until(retired(pool)[0], slow)


def test_a_retired_key_is_withdrawn_when_it_is_not_needed(pool: list[SigningKey]) -> None:
    """Or at once, by an operator's word."""
    keys = retired(pool)

    with pytest.raises(RotationRefused) as told:
        withdrawn(keys, pool[0].kid, NOW + NEEDED - TICK, POLICY)
    assert f"Tokens of {pool[0].kid} may live until 2026-11-23 13:01:00 UTC." == str(told.value)
    assert keys[1:] == withdrawn(keys, pool[0].kid, NOW + NEEDED, POLICY)
    assert keys[1:] == withdrawn(keys, pool[0].kid, NOW, POLICY, at_once=True)


@pytest.mark.parametrize("at_once", [False, True])
def test_only_a_retired_key_is_withdrawn(pool: list[SigningKey], *, at_once: bool) -> None:
    """A current or next one never."""
    keys = prepared(one(pool), pool[1], NOW)

    for key, stage in ((pool[0], "current"), (pool[1], "next")):
        with pytest.raises(RotationRefused) as told:
            withdrawn(keys, key.kid, NOW + NEEDED, POLICY, at_once=at_once)
        assert f"{key.kid} is the {stage} key; only a retired one can be withdrawn." == str(told.value)
    with pytest.raises(RotationRefused) as told:
        withdrawn(keys, "nothing", NOW, POLICY, at_once=at_once)
    assert "There is no key nothing." == str(told.value)


def test_before_there_is_a_key_there_is_no_ring(pool: list[SigningKey]) -> None:
    """A prepared key alone is none that signs, nor one whose private half is missing."""
    assert None is ring_of((), NOW, POLICY)
    assert None is ring_of(prepared((), pool[0], NOW), NOW, POLICY)
    assert None is ring_of((replace(one(pool)[0], private=None),), NOW, POLICY)


def test_a_key_does_not_print(pool: list[SigningKey]) -> None:
    """Private halves stay out of reprs."""
    assert "private" not in repr(one(pool))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["prepare", "promote", "rotate", "withdraw", "drop"]),
        st.booleans(),
        st.sampled_from([timedelta(0), timedelta(minutes=3), KNOWN, NEEDED]),
    ),
    max_size=12,
)


def step(name: str, keys: HeldKeys, new: SigningKey, now: datetime, *, at_once: bool) -> HeldKeys:
    """One step of an operator, or none where it is refused."""
    last = next((key.kid for key in keys if key.stage is Stage.RETIRED), "none")
    try:
        return {
            "prepare": lambda: prepared(keys, new, now),
            "promote": lambda: promoted(keys, now, POLICY, at_once=at_once),
            "rotate": lambda: rotated(keys, new, now, POLICY, at_once=at_once),
            "withdraw": lambda: withdrawn(keys, last, now, POLICY, at_once=at_once),
            "drop": lambda: still_needed(keys, now, POLICY),
        }[name]()
    except RotationRefused:
        return keys


@settings(max_examples=200)
@given(steps=STEPS)
def test_whatever_an_operator_does_one_key_signs(pool: list[SigningKey], steps: list[tuple[str, bool, timedelta]]) -> None:
    """One current key with its private half, at most one next, no private half of a retired one; dates in their order."""
    keys, now = one(pool), NOW
    for name, at_once, later in steps:
        now += later
        free = next((key for key in pool if key.kid not in stages(keys)), None)
        if free is None:
            return
        keys = step(name, keys, free, now, at_once=at_once)
        counted = [key.stage for key in keys]
        current = of_stage(keys, Stage.CURRENT)
        assert (1, True) == (counted.count(Stage.CURRENT), counted.count(Stage.NEXT) <= 1)
        assert current is not None
        assert all((key.private is None) == (key.stage is Stage.RETIRED) for key in keys)
        assert all(key.published_at <= (key.signs_since or now) <= (key.retired_at or now) <= now for key in keys)
        ring = ring_of(keys, now, POLICY)
        assert ring is not None
        assert current.kid == ring.current.kid

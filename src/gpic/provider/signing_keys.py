"""Our signing keys over time: published before they sign, kept for verifying after they signed.

    NEXT ──promoted──▶ CURRENT ──promoted (the next one)──▶ RETIRED ──no token of it lives any more──▶ gone

Nobody has to restart anything: every process reads the keys again each `keys_read_every`. All decisions are pure; a cabinet
carries each out in one transaction. Moments are of the wire clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gpic.jose.keys import KeyRing, PublicKey, SigningKey
from gpic.provider.policy import ProviderPolicy


class Stage(StrEnum):
    """Where a key stands in its life."""

    NEXT = "next"  #: published, so that everybody knows it when it begins to sign
    CURRENT = "current"  #: signs
    RETIRED = "retired"  #: verifies what it signed; its private half is destroyed


@dataclass(frozen=True, slots=True)
class HeldKey:
    """One signing key."""

    public: PublicKey
    published_at: datetime
    private: SigningKey | None = field(default=None, repr=False)  #: None once it is retired
    signs_since: datetime | None = None
    retired_at: datetime | None = None

    @property
    def kid(self) -> str:
        """Its name, under which partners find it."""
        return self.public.kid

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        if self.retired_at is not None:
            return Stage.RETIRED
        return Stage.NEXT if self.signs_since is None else Stage.CURRENT


HeldKeys = tuple[HeldKey, ...]


class RotationRefused(Exception):
    """This step cannot be taken now; the message is one sentence for an operator."""


def begun(keys: HeldKeys, new: SigningKey, now: datetime) -> HeldKeys:
    """Keys of which one signs: *new* where there is none. The very first key has no one to wait for."""
    if of_stage(keys, Stage.CURRENT) is not None:
        return keys
    return (*keys, HeldKey(new.public, now, new, signs_since=now))


def prepared(keys: HeldKeys, new: SigningKey, now: datetime) -> HeldKeys:
    """Keys with *new* as the next one, published from now on. Raises RotationRefused."""
    waiting = of_stage(keys, Stage.NEXT)
    if waiting is not None:
        raise RotationRefused(f"{waiting.kid} is already prepared; promote it first.")
    return (*keys, HeldKey(new.public, now, new))


def promoted(keys: HeldKeys, now: datetime, policy: ProviderPolicy, *, at_once: bool = False) -> HeldKeys:
    """Keys whose next one signs and whose current one is retired. Raises RotationRefused.

    *at_once* is for a current key that was stolen: it does not wait until everybody knows the next.
    """
    following = of_stage(keys, Stage.NEXT)
    if following is None:
        raise RotationRefused("There is no next key; prepare one first.")
    if not at_once and now < may_sign_from(following, policy):
        when = may_sign_from(following, policy)
        raise RotationRefused(f"{following.kid} is not known to everybody yet; promote it from {when:%Y-%m-%d %H:%M:%S} UTC.")
    return tuple(_after_promotion(key, now) for key in keys)


def rotated(keys: HeldKeys, new: SigningKey, now: datetime, policy: ProviderPolicy, *, at_once: bool = False) -> HeldKeys:
    """The step that is due: promote what was prepared, and prepare *new* for the next time. Raises RotationRefused."""
    if of_stage(keys, Stage.NEXT) is None:
        if not at_once:
            return prepared(keys, new, now)
        return promoted(prepared(keys, new, now), now, policy, at_once=True)
    return prepared(promoted(keys, now, policy, at_once=at_once), new, now)


def withdrawn(keys: HeldKeys, kid: str, now: datetime, policy: ProviderPolicy, *, at_once: bool = False) -> HeldKeys:
    """Keys without the retired key *kid*. Raises RotationRefused.

    *at_once*: although tokens of it may live, which nobody accepts any more then.
    """
    key = next((key for key in keys if key.kid == kid), None)
    if key is None:
        raise RotationRefused(f"There is no key {kid}.")
    gone_from = needed_until(key, policy)
    if gone_from is None:
        raise RotationRefused(f"{kid} is the {key.stage} key; only a retired one can be withdrawn.")
    if not at_once and now < gone_from:
        raise RotationRefused(f"Tokens of {kid} may live until {gone_from:%Y-%m-%d %H:%M:%S} UTC.")
    return tuple(other for other in keys if other is not key)


def still_needed(keys: HeldKeys, now: datetime, policy: ProviderPolicy) -> HeldKeys:
    """Keys without those of which no token lives any more."""
    ends = ((key, needed_until(key, policy)) for key in keys)
    return tuple(key for key, end in ends if end is None or now < end)


def ring_of(keys: HeldKeys, now: datetime, policy: ProviderPolicy) -> KeyRing | None:
    """The keys as the protocol uses them at this moment; None before there is one that signs."""
    current, following = of_stage(keys, Stage.CURRENT), of_stage(keys, Stage.NEXT)
    if current is None or current.private is None:
        return None
    retired = (key.public for key in still_needed(keys, now, policy) if key.stage is Stage.RETIRED)
    return KeyRing(current.private, following.private if following is not None else None, tuple(retired))


def may_sign_from(key: HeldKey, policy: ProviderPolicy) -> datetime:
    """When every process of ours publishes the key and no cache of a partner's is older than that."""
    return key.published_at + policy.keys_read_every + policy.key_lifetime_in_caches


def needed_until(key: HeldKey, policy: ProviderPolicy) -> datetime | None:
    """When the last token of a retired key has expired, one that a process signed which had not read the keys again included.

    None for a key that is not retired.
    """
    return None if key.retired_at is None else key.retired_at + policy.keys_read_every + longest_token_life(policy)


def longest_token_life(policy: ProviderPolicy) -> timedelta:
    """What a verifier may still have to verify, its clock being off."""
    lives = (policy.id_token_lifetime, policy.access_token_lifetime, policy.identity_token_lifetime)
    return max(lives) + policy.clock_skew


def of_stage(keys: HeldKeys, stage: Stage) -> HeldKey | None:
    """The key at this stage: at most one is next, at most one is current."""
    return next((key for key in keys if key.stage is stage), None)


def _after_promotion(key: HeldKey, now: datetime) -> HeldKey:
    match key.stage:
        case Stage.NEXT:
            return replace(key, signs_since=now)
        case Stage.CURRENT:
            return replace(key, retired_at=now, private=None)
        case Stage.RETIRED:
            return key

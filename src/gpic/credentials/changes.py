"""How a holding changes: pure functions, each one event of the lifecycle."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from gpic.credentials.holding import Holding
from gpic.credentials.lifecycle import Event, State, after
from gpic.credentials.policy import CredentialsPolicy
from gpic.nhs.answers import Reason
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode

#: In these a registration goes on where it is; for another practice or system it starts over.
UNDER_WAY: Final = frozenset({State.REGISTERING, State.UNPROVED, State.RESTRICTED})


class Departure(StrEnum):
    """Why a holding is withdrawn; a stable code for the audit trail (N7)."""

    PRACTICE_CHANGED = "practice-changed"  #: PDS names another practice (N18)
    SYSTEM_CHANGED = "system-changed"  #: the practice has another system, or none that we know (N19)
    DIED = "deceased"  #: formally registered (N22)
    NOT_ON_PDS = "not-on-pds"  #: no record, or an invalidated one (N22)
    NUMBERS_MERGED = "numbers-merged"  #: PDS knows two persons as one (N1)
    OPERATOR = "operator"  #: somebody said so (N11, N20)


def begun(holding: Holding, practice: OdsCode, supplier: str) -> Holding:
    """A registration at this practice begins. What was held of another practice or system is gone (N8, N18, N19)."""
    if holding.state in UNDER_WAY and (holding.practice, holding.supplier) == (practice, supplier):
        return holding
    if holding.state in UNDER_WAY:
        holding = replace(holding, state=after(holding.state, Event.LEFT))
    return replace(
        holding,
        state=after(holding.state, Event.BEGUN),
        practice=practice,
        supplier=supplier,
        details=None,
        token=None,
        silences=0,
        next_try_at=None,
    )


def stored(holding: Holding, details: GpCredentials, now: datetime, policy: CredentialsPolicy) -> Holding:
    """Details are kept, not proved yet (N2); one more completed registration (N13)."""
    return replace(
        holding,
        state=after(holding.state, Event.STORED),
        details=details,
        completed=(*recent(holding, now, policy), now),
    )


def tokened(holding: Holding, token: Im1Token) -> Holding:
    """The own token is kept before it is first used (N10)."""
    return replace(holding, token=token)


def proved(holding: Holding, now: datetime) -> Holding:
    """The right patient: from here the details may be released (N2)."""
    return replace(
        holding,
        state=after(holding.state, Event.PROVED),
        refusal=None,
        tries=0,
        silences=0,
        next_try_at=None,
        registered_at=now,
        checked_at=now,
        confirm_asked_at=None,
    )


def refused(holding: Holding, reason: Reason, now: datetime, policy: CredentialsPolicy) -> Holding:
    """No, for a lasting reason: nothing usable is kept, and the next try has its time (N11)."""
    tries = holding.tries + 1
    return replace(
        holding,
        state=after(holding.state, Event.REFUSED),
        details=None,
        token=None,
        refusal=reason,
        tries=tries,
        silences=0,
        next_try_at=now + policy.pause_after_refusals(tries),
    )


def without_token(holding: Holding) -> Holding:
    """The own token was rejected; it is never presented again (N13)."""
    if holding.token is None:
        return holding
    return replace(holding, token=None, rejected=holding.rejected | {holding.token.fingerprint})


def token_rejected(holding: Holding) -> Holding:
    """The own token is dead: details are not released and will be fetched anew; it is never presented again (N13, N15)."""
    forgotten = without_token(holding)
    return replace(forgotten, state=after(holding.state, Event.REJECTED), details=None)


def key_rejected(holding: Holding) -> Holding:
    """The linkage key itself is dead, so these details are never presented or released again (N13)."""
    dead = frozenset({holding.details.fingerprint}) if holding.details is not None else frozenset()
    return replace(holding, rejected=holding.rejected | dead)


def restricted(holding: Holding, *, signed_in: bool = False) -> Holding:
    """The account is restricted until its owner signs in again; *signed_in*: they have, for the login that asked (N17)."""
    return replace(holding, state=after(holding.state, Event.RESTRICTED), may_lift=signed_in, confirm_asked_at=None)


def allowed_to_lift(holding: Holding) -> Holding:
    """The owner of a restricted account has signed in (N17)."""
    return replace(holding, may_lift=True)


def asked_to_confirm(holding: Holding, now: datetime, policy: CredentialsPolicy, *, signed_in: bool) -> Holding:
    """A login forces a check; it counts whatever comes of it (N16)."""
    return replace(holding, confirm_asked_at=now, forced=(*forced_lately(holding, now, policy), now), may_lift=signed_in)


def forced_lately(holding: Holding, now: datetime, policy: CredentialsPolicy) -> tuple[datetime, ...]:
    """The checks that logins forced within the window (N16)."""
    return tuple(at for at in holding.forced if now - at < policy.forced_window)


def is_forced_enough(holding: Holding, now: datetime, policy: CredentialsPolicy) -> bool:
    """Whether logins have forced as many checks as they may (N16)."""
    return len(forced_lately(holding, now, policy)) >= policy.most_forced


def lifted(holding: Holding, details: GpCredentials) -> Holding:
    """Unrestricted again; the own token stays only with the very same details (N17)."""
    same = details == holding.details
    return replace(
        holding,
        state=after(holding.state, Event.LIFTED),
        details=details,
        token=holding.token if same else None,
        may_lift=False,
    )


def checked(holding: Holding, now: datetime) -> Holding:
    """A good check: stamped (N15)."""
    return replace(holding, checked_at=now, silences=0, next_try_at=None, confirm_asked_at=None)


def left(holding: Holding) -> Holding:
    """The practice, or its system, is no longer theirs: nothing of it is kept (N18, N19)."""
    return replace(
        holding,
        state=after(holding.state, Event.LEFT),
        details=None,
        token=None,
        refusal=None,
        tries=0,
        silences=0,
        next_try_at=None,
    )


def wrong_patient(holding: Holding, now: datetime, policy: CredentialsPolicy) -> Holding:
    """Another patient was shown: details and token are erased in one step (N2)."""
    tries = holding.tries + 1
    return replace(
        holding,
        state=after(holding.state, Event.WRONG_PATIENT),
        details=None,
        token=None,
        refusal=Reason.WRONG_PATIENT,
        tries=tries,
        next_try_at=now + policy.pause_after_refusals(tries),
    )


def silent(holding: Holding, retry_at: datetime) -> Holding:
    """No answer: counted, with the time of the next try; a longer pause after a refusal stays (N11), and so does all else."""
    return replace(
        holding,
        silences=holding.silences + 1,
        next_try_at=max(retry_at, holding.next_try_at or retry_at),
        confirm_asked_at=None,
    )


def recent(holding: Holding, now: datetime, policy: CredentialsPolicy) -> tuple[datetime, ...]:
    """The completed registrations of the last 24 h (N13)."""
    return tuple(moment for moment in holding.completed if now - moment < policy.registrations_window)

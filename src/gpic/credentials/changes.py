"""How a holding changes: pure functions, each one event of the lifecycle."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gpic.credentials.holding import Holding
from gpic.credentials.lifecycle import Event, State, after
from gpic.credentials.policy import CredentialsPolicy
from gpic.nhs.answers import Reason
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode


def begun(holding: Holding, practice: OdsCode, supplier: str) -> Holding:
    """A registration at this practice begins. What was held of another practice or system is gone (N8, N18, N19)."""
    if holding.state in {State.REGISTERING, State.UNPROVED} and (holding.practice, holding.supplier) == (practice, supplier):
        return holding
    if holding.state in {State.REGISTERING, State.UNPROVED}:
        holding = replace(holding, state=after(holding.state, Event.LEFT))
    return replace(
        holding,
        state=after(holding.state, Event.BEGUN),
        practice=practice,
        supplier=supplier,
        details=None,
        token=None,
        silences=0,
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


def restricted(holding: Holding) -> Holding:
    """The account is restricted until its owner signs in again (N17)."""
    return replace(holding, state=after(holding.state, Event.RESTRICTED))


def lifted(holding: Holding, details: GpCredentials) -> Holding:
    """Unrestricted again; the own token stays only with the very same details (N17)."""
    same = details == holding.details
    return replace(holding, state=after(holding.state, Event.LIFTED), details=details, token=holding.token if same else None)


def checked(holding: Holding, now: datetime) -> Holding:
    """A good check: stamped (N15)."""
    return replace(holding, checked_at=now, silences=0)


def left(holding: Holding) -> Holding:
    """The practice, or its system, is no longer theirs: nothing of it is kept (N18, N19)."""
    return replace(
        holding, state=after(holding.state, Event.LEFT), details=None, token=None, refusal=None, tries=0, next_try_at=None
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


def silent(holding: Holding) -> Holding:
    """No answer: counted, and nothing else changes (N12)."""
    return replace(holding, silences=holding.silences + 1)


def recent(holding: Holding, now: datetime, policy: CredentialsPolicy) -> tuple[datetime, ...]:
    """The completed registrations of the last 24 h (N13)."""
    return tuple(moment for moment in holding.completed if now - moment < policy.registrations_window)

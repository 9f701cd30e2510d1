"""The life of a person's GP credentials as one table of states and events."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where a person's GP credentials can be. Only HELD is ever released."""

    EMPTY = "empty"  #: nothing held, nothing under way
    REGISTERING = "registering"  #: a task is getting details; old ones, if any, are not released
    UNPROVED = "unproved"  #: details stored; the right patient is not proved yet (N2)
    HELD = "held"  #: proved details that may be released
    REFUSED = "refused"  #: the GP system said no for a lasting reason; next try later (N11)
    RESTRICTED = "restricted"  #: EMIS after a reset; a real sign-in lifts it (N17)
    WITHDRAWN = "withdrawn"  #: left the practice, died, or an operator's word


class Event(StrEnum):
    """What can happen to them."""

    BEGUN = "a registration begins"
    STORED = "details are stored"
    PROVED = "the right patient is proved"
    REFUSED = "refused for a lasting reason"
    REJECTED = "the GP system rejects details or token"
    RESTRICTED = "the GP system restricts the account"
    LIFTED = "a fresh verification lifts the restriction"
    WRONG_PATIENT = "the GP system shows another patient"
    LEFT = "the practice is no longer theirs"


_ANYWHERE: Final = tuple(State)

TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.EMPTY, Event.BEGUN): State.REGISTERING,
        (State.REFUSED, Event.BEGUN): State.REGISTERING,
        (State.WITHDRAWN, Event.BEGUN): State.REGISTERING,
        (State.REGISTERING, Event.STORED): State.UNPROVED,
        (State.EMPTY, Event.REFUSED): State.REFUSED,
        (State.REFUSED, Event.REFUSED): State.REFUSED,
        (State.WITHDRAWN, Event.REFUSED): State.REFUSED,
        (State.RESTRICTED, Event.REFUSED): State.REFUSED,
        (State.REGISTERING, Event.REFUSED): State.REFUSED,
        (State.UNPROVED, Event.PROVED): State.HELD,
        (State.UNPROVED, Event.REFUSED): State.REFUSED,
        (State.UNPROVED, Event.REJECTED): State.REGISTERING,
        (State.UNPROVED, Event.RESTRICTED): State.RESTRICTED,
        (State.UNPROVED, Event.WRONG_PATIENT): State.REFUSED,
        (State.HELD, Event.REJECTED): State.REGISTERING,
        (State.HELD, Event.RESTRICTED): State.RESTRICTED,
        (State.HELD, Event.WRONG_PATIENT): State.REFUSED,
        (State.RESTRICTED, Event.LIFTED): State.UNPROVED,
        (State.RESTRICTED, Event.REJECTED): State.REGISTERING,
        **{(state, Event.LEFT): State.WITHDRAWN for state in _ANYWHERE},
    }
)


class IllegalTransition(Exception):
    """An event arrived that makes no sense in the current state."""


def after(state: State, event: Event) -> State:
    """The state once *event* has happened; raises IllegalTransition."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(f"{event} while {state}") from None


def as_mermaid() -> str:
    """The table drawn for the docs."""
    lines = [f"  {start} --> {end}: {event}" for (start, event), end in TRANSITIONS.items()]
    return "\n".join(["stateDiagram-v2", f"  [*] --> {State.EMPTY}", *lines])

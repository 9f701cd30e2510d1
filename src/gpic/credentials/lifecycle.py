"""The life of a person's GP credentials as one table of states and events."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a person's GP credentials can be. Only HELD is ever released."""

    EMPTY = "empty"  #: nothing held, nothing under way
    REGISTERING = "registering"  #: a task is getting details; old ones, if any, are not released
    UNPROVED = "unproved"  #: details stored; the right patient is not proved yet (N2)
    HELD = "held"  #: proved details that may be released
    REFUSED = "refused"  #: the GP system said no for a lasting reason; next try later (N11)
    RESTRICTED = "restricted"  #: EMIS after a reset; a real sign-in lifts it (N17)
    WITHDRAWN = "withdrawn"  #: left the practice, died, or an operator's word

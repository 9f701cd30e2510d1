"""One guess of the register."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumption:
    """One guess. It is decided otherwise by *switch*, at one of its *positions* (the first is as it starts); or not at all.

    *switch* is written `Class.field`, `Class.method(parameter)` or `function(parameter)`; *fixed* says why there is none.
    """

    id: str
    guess: str
    evidence: str
    switch: str = ""
    positions: tuple[str, ...] = ()
    fixed: str = ""
    points: tuple[str, ...] = ()  #: open points of the facts that it answers: "gp-systems.md §11.1"

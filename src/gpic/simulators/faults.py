"""What can go wrong with a call, on purpose (G6)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random


class Kind(StrEnum):
    """The ways in which a stand-in fails."""

    DELAY = "delay"  #: answers after *seconds*
    TIMEOUT = "timeout"  #: says nothing for *seconds*, then closes; ends early when the caller hangs up
    RESET = "reset"  #: closes the connection in the middle of the answer
    STATUS = "status"  #: answers *status*, in the way of that system
    MALFORMED = "malformed"  #: the body breaks off
    EMPTY = "empty"  #: the right status without a body
    MISSING_FIELD = "missing field"  #: *missing* (a field, attribute, element or header) is left out


#: These change an answer; the others stand in its place or come before it.
SPOILING = frozenset({Kind.MALFORMED, Kind.EMPTY, Kind.MISSING_FIELD})


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: which calls it strikes and what then happens. What is left empty matches every call."""

    kind: Kind
    lane: str
    operation: str = ""
    sender: str = ""
    seconds: float = 0.0
    status: int = 503
    retry_after: int | None = None  #: seconds, with *status*
    missing: str = ""
    only: int | None = None  #: the n-th matching call alone, from 1
    chance: float = 1.0  #: by the seed of `Faults`
    after_work: bool = False  #: the work is done and only the answer is lost

    def matches(self, lane: str, operation: str, sender: str) -> bool:
        """Whether the rule speaks of such a call."""
        return self.lane == lane and self.operation in ("", operation) and self.sender in ("", sender)


@dataclass(slots=True)
class _Rule:
    fault: Fault
    matched: int = 0

    def strikes(self, random: Random) -> bool:
        self.matched += 1
        if self.fault.only is not None and self.matched != self.fault.only:
            return False
        return self.fault.chance >= 1.0 or random.random() < self.fault.chance


class Faults:
    """The rules in force. *seed* decides about chances."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)  # noqa: S311 -- failures must be reproducible; nothing here protects anything
        self._rules: dict[int, _Rule] = {}
        self._last = 0

    def set(self, fault: Fault) -> int:
        """Put a rule in force; the number clears it again."""
        self._last += 1
        self._rules[self._last] = _Rule(fault)
        return self._last

    def clear(self, number: int | None = None) -> None:
        """Lift one rule, or all."""
        if number is None:
            self._rules.clear()
        else:
            self._rules.pop(number, None)

    @property
    def in_force(self) -> dict[int, Fault]:
        """The rules by their numbers."""
        return {number: rule.fault for number, rule in self._rules.items()}

    def strike(self, lane: str, operation: str, sender: str) -> tuple[Fault, ...]:
        """Count this call with every rule that speaks of it; those that strike it, in the order they were set."""
        matching = [rule for rule in self._rules.values() if rule.fault.matches(lane, operation, sender)]
        return tuple(rule.fault for rule in matching if rule.strikes(self._random))

"""What can go wrong with a call, on purpose (G6): one list of rules for every stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

import msgspec


class Kind(StrEnum):
    """The ways in which a stand-in fails."""

    DELAY = "delay"  #: answers after *seconds*
    TIMEOUT = "timeout"  #: says nothing for *seconds*, then closes; ends early when the caller hangs up
    RESET = "reset"  #: closes the connection in the middle of the answer
    STATUS = "status"  #: answers *status*, in the way of that system
    MALFORMED = "malformed"  #: the body breaks off
    EMPTY = "empty"  #: the right status without a body
    MISSING_FIELD = "missing field"  #: *missing* is left out


#: These change an answer, a STATUS included; the others stand in its place or come before it.
SPOILING: Final = frozenset({Kind.MALFORMED, Kind.EMPTY, Kind.MISSING_FIELD})
LONGEST_WAIT: Final = 600.0  #: seconds
STATUSES: Final = range(200, 600)


class FaultInvalid(ValueError):
    """Such a rule cannot be meant; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: which calls it strikes and what then happens. What is left empty matches every call.

    Raises FaultInvalid.
    """

    kind: Kind
    lane: str
    operation: str = ""  #: as the journal calls it
    sender: str = ""
    seconds: float = 0.0
    status: int = 503
    code: int | None = None  #: the system's own code, with *status*: EMIS -1551, or with 200 TPP 556
    message: str = ""  #: its words, with *code*
    retry_after: int | None = None  #: seconds, with *status*
    missing: str = ""  #: a field, attribute, element or header; `name=value`: every object or element that has it
    only: int | None = None  #: the n-th matching call alone, from 1
    until: int | None = None  #: the first n matching calls alone
    chance: float = 1.0  #: by the seed of `Faults`
    after_work: bool = False  #: the work is done and only the answer is lost

    def __post_init__(self) -> None:
        wrong = next((sentence for sentence, holds in self._mistakes() if holds), None)
        if wrong is not None:
            raise FaultInvalid(wrong)

    def _mistakes(self) -> tuple[tuple[str, bool], ...]:
        counts = [count for count in (self.only, self.until) if count is not None]
        return (
            (f"A wait is 0 to {LONGEST_WAIT:.0f} seconds.", not 0 <= self.seconds <= LONGEST_WAIT),
            ("A status is 200 to 599.", self.status not in STATUSES),
            ("A chance is above 0 and at most 1.", not 0 < self.chance <= 1),
            ("Calls are counted from 1.", any(count < 1 for count in counts)),
            ("A fault strikes the n-th call or the first n, not both.", len(counts) > 1),
            ("A missing field has a name.", (self.kind is Kind.MISSING_FIELD) != bool(self.missing)),
            ("A code comes with a status.", self.code is not None and self.kind is not Kind.STATUS),
            ("Seconds to wait are 0 or more.", self.retry_after is not None and self.retry_after < 0),
        )

    @classmethod
    def of(cls, plain: Mapping[str, object]) -> Fault:
        """From plain values, as `plain` gives them; raises FaultInvalid."""
        unknown = set(plain) - set(cls.__slots__)
        if unknown:
            raise FaultInvalid(f"A fault has no {', '.join(sorted(map(str, unknown)))}.")
        try:
            return msgspec.convert(dict(plain), cls)
        except msgspec.ValidationError as invalid:
            raise FaultInvalid(f"{invalid}.") from invalid

    def plain(self) -> dict[str, object]:
        """As plain values."""
        plain: dict[str, object] = msgspec.to_builtins(self)
        return plain

    def matches(self, lane: str, operation: str, sender: str) -> bool:
        """Whether the rule speaks of such a call."""
        return self.lane in ("", lane) and self.operation in ("", operation) and self.sender in ("", sender)


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule as it stands: its number, how many calls it spoke of and how many it struck."""

    number: int
    fault: Fault
    matched: int
    struck: int

    def plain(self) -> dict[str, object]:
        """As plain values."""
        return {"number": self.number, "fault": self.fault.plain(), "matched": self.matched, "struck": self.struck}


@dataclass(slots=True)
class _Rule:
    fault: Fault
    matched: int = 0
    struck: int = 0

    def strikes(self, random: Random) -> bool:
        self.matched += 1
        strikes = self._is_its_turn() and (self.fault.chance >= 1.0 or random.random() < self.fault.chance)
        self.struck += strikes
        return strikes

    def _is_its_turn(self) -> bool:
        if self.fault.only is not None:
            return self.matched == self.fault.only
        return self.fault.until is None or self.matched <= self.fault.until


class Faults:
    """The rules in force: the one place where failures of all stand-ins are set. *seed* decides about chances."""

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

    def rules(self) -> tuple[InForce, ...]:
        """The rules with their counts, in the order they were set."""
        return tuple(InForce(number, rule.fault, rule.matched, rule.struck) for number, rule in self._rules.items())

    def strike(self, lane: str, operation: str, sender: str) -> tuple[Fault, ...]:
        """Count this call with every rule that speaks of it; those that strike it, in the order they were set."""
        matching = [rule for rule in self._rules.values() if rule.fault.matches(lane, operation, sender)]
        return tuple(rule.fault for rule in matching if rule.strikes(self._random))

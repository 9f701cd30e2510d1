"""What a check comes to."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Of one check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SEEN = "not seen"


class Failed(Exception):
    """The service does otherwise. *expected* and *saw* are sentences, without any secret."""

    def __init__(self, expected: str, saw: str) -> None:
        super().__init__(f"expected {expected}; saw {saw}")
        self.expected, self.saw = expected, saw


class NotSeen(Exception):
    """It could not be seen from outside; the message says what the service would have to show."""

"""Counting calls as the journeys do: what a GP system saw of each application."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from gpic.simulators.journal import Message

#: What each call of a supplier is called in the journeys. Other calls (opening an EMIS end-user session, reading
#: demographics, logging off) go with these and are not counted.
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "POST me/verifications": "retrieve",
        "POST users/nhs": "create",
        "POST me/applications": "link",
        "POST sessions": "session",
        "LinkAccount retrieve": "retrieve",
        "LinkAccount create": "create",
        "LinkAccount link": "link",
        "Authenticate": "session",
        "POST linkage/find": "retrieve",
        "POST linkage": "create",
        "POST token": "link",
        "POST session": "session",
    }
)


def tally(messages: Iterable[Message], sender: str, receiver: str) -> dict[str, int]:
    """How often *sender* asked *receiver* for each kind of thing, answered or not."""
    kinds = (KINDS.get(message.operation) for message in messages if (message.sender, message.receiver) == (sender, receiver))
    return dict(Counter(kind for kind in kinds if kind is not None))


def difference(expected: Mapping[str, int], actual: Mapping[str, int]) -> list[str]:
    """One sentence for each kind whose count is not as expected."""
    return [
        f"{kind}: expected {expected.get(kind, 0)}, saw {actual.get(kind, 0)}"
        for kind in sorted(expected.keys() | actual.keys())
        if expected.get(kind, 0) != actual.get(kind, 0)
    ]

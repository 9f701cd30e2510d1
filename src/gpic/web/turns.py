"""One answer at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakValueDictionary

import anyio


@dataclass(frozen=True, slots=True)
class Turns:
    """Lets the answers to one interaction come one after the other, so that attempts sent at one moment are all counted.

    It holds within one process: N processes behind one address admit N guesses where one admits one.
    """

    _waiting: WeakValueDictionary[str, anyio.Lock] = field(default_factory=WeakValueDictionary, repr=False)

    def of(self, interaction_id: str) -> anyio.Lock:
        """The interaction's turn; forgotten once nobody has it or waits for it."""
        return self._waiting.setdefault(interaction_id, anyio.Lock())

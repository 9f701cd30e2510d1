"""Our signing keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gpic.provider.signing_keys import HeldKeys


@dataclass(slots=True)
class MemorySigningKeys:
    """Keys in a tuple."""

    _keys: HeldKeys = ()

    async def all(self) -> HeldKeys:
        """Every key that is kept, the oldest first."""
        return self._keys

    async def change(self, decide: Callable[[HeldKeys], HeldKeys]) -> HeldKeys:
        """Replace the keys by what *decide* makes of them, in one step."""
        after = decide(self._keys)
        self._keys = tuple(sorted(after, key=lambda key: (key.published_at, key.kid)))
        return after

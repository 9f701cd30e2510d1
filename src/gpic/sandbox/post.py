"""NHS login's letters and text messages in a sandbox: kept for whoever looks, sent to nobody."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from gpic.provider.identity.contacts import Contact
from gpic.provider.identity.ports import Letter

MOST_KEPT: Final = 1000


@dataclass(slots=True)
class Post:
    """Implements the Courier port: the latest letters, the newest last."""

    kept: deque[tuple[Contact, Letter]] = field(default_factory=lambda: deque(maxlen=MOST_KEPT), repr=False)
    delivered: int = 0  #: so many there have been

    async def deliver(self, to: Contact, letter: Letter) -> None:
        """Keep it."""
        self.kept.append((to, letter))
        self.delivered += 1

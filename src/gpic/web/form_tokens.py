"""Every form carries a token that only its own page, in its own browser, can have (`attacks-and-interop.md` 6)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FormTokens:
    """Tokens bound to an interaction and its browser. *key* is 32 random bytes, the same on all hosts."""

    key: bytes = field(repr=False)

    def of(self, interaction_id: str, browser: str) -> str:
        """The token of this interaction's forms in this browser; 64 hex digits."""
        return hmac.new(self.key, f"{interaction_id}|{browser}".encode(), hashlib.sha256).hexdigest()

    def fits(self, token: str, interaction_id: str, browser: str) -> bool:
        """Whether the form came from our page in this browser."""
        return hmac.compare_digest(token.encode(), self.of(interaction_id, browser).encode())

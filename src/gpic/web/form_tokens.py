"""Every form carries a token that only its own page, in its own browser, can have (`attacks-and-interop.md` 6)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FormTokens:
    """Tokens bound to an interaction and its browser. *key* is 32 random bytes, the same on all hosts."""

    key: bytes = field(repr=False)
    former: tuple[bytes, ...] = field(default=(), repr=False)  #: keys that forms in people's browsers may still carry

    def of(self, interaction_id: str, browser: str) -> str:
        """The token of this interaction's forms in this browser; 64 hex digits."""
        return made(self.key, interaction_id, browser)

    def challenge(self, about: str, browser: str) -> bytes:
        """What a passkey signs on one page in one browser; 32 bytes, the same on all hosts."""
        return hmac.new(self.key, f"passkey|{about}|{browser}".encode(), hashlib.sha256).digest()

    def fits(self, token: str, interaction_id: str, browser: str) -> bool:
        """Whether the form came from our page in this browser."""
        return any(
            hmac.compare_digest(token.encode(), made(key, interaction_id, browser).encode()) for key in (self.key, *self.former)
        )


def made(key: bytes, interaction_id: str, browser: str) -> str:
    """The token by one key."""
    return hmac.new(key, f"{interaction_id}|{browser}".encode(), hashlib.sha256).hexdigest()

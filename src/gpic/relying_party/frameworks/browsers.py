"""What every framework does alike with browsers."""

from __future__ import annotations

from typing import Final

from gpic.relying_party.policy import RelyingPartySettings

SEE_OTHER: Final = 303
LONGEST_HELD: Final = 128  #: characters of a browser's cookie that we look at
LONGEST_ASSERTION: Final = 4_096
#: What goes on in a login is nobody else's to keep or to learn from a Referer header.
PRIVATE: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


def cookie_name(settings: RelyingPartySettings, role: str) -> str:
    """`__Host-` under https; on loopback http a plain name with role and port, since cookies ignore ports."""
    return f"__Host-gpic-{role}" if settings.is_secure else f"gpic-partner-{settings.port}-{role}"

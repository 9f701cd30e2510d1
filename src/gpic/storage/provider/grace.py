"""How long codes and refresh tokens live and are remembered."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

#: A refresh token's life, each successor's anew (`nhs-login.md`, lifetimes).
REFRESH_LIFE: Final = timedelta(days=30)
#: How long after its replacement a refresh token still gets its successor: two workers of a partner may ask at once.
GRACE: Final = timedelta(seconds=30)
#: How long after its end a spent code is still recognised.
REMEMBERED: Final = timedelta(days=1)

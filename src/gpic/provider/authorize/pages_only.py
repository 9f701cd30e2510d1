"""How people sign in: on our pages."""

from __future__ import annotations

from dataclasses import dataclass

from gpic.provider.stages import AuthorizeRequest


@dataclass(frozen=True, slots=True)
class OnlyByPages:
    """Implements the SignInWithoutPages port for a provider that has no other way."""

    async def attempt(self, request: AuthorizeRequest) -> None:
        """Nobody signs in by what a request says."""

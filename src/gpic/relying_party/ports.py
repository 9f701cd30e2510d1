"""What the partner kit needs of others, in its own words."""

from __future__ import annotations

from typing import Protocol

from gpic.nhs.answers import GpSession, LinkAnswer, SessionAnswer
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode


class GpSystem(Protocol):
    """One supplier's system as a partner uses it. No method raises for what the system answers."""

    async def link(self, demographics: Demographics, details: GpCredentials) -> LinkAnswer:
        """Exchange the linkage details for this application's own IM1 token. At EMIS each success e-mails the patient."""
        ...

    async def open_session(self, token: Im1Token, practice: OdsCode) -> SessionAnswer:
        """Open a session with our token and read whom it shows (R5)."""
        ...

    async def end_session(self, session: GpSession) -> None:
        """End the session, where the supplier knows such a thing; never raises."""
        ...


class GpSystems(Protocol):
    """Knows which system each practice uses."""

    def system_of(self, practice: OdsCode) -> tuple[str, GpSystem] | None:
        """The supplier's name in lower case and its system; None when the practice is not covered."""
        ...

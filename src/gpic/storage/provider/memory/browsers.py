"""What browsers hold a cookie for: sessions, and requests that wait for their person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from gpic.provider.sessions import Session
from gpic.provider.stages import Interaction


@dataclass(slots=True)
class MemorySessions:
    """Browser sessions by their id."""

    _sessions: dict[str, Session] = field(default_factory=dict)

    async def save(self, session: Session) -> None:
        """Keep a session until it expires."""
        self._sessions[session.id] = session

    async def get(self, session_id: str, now: datetime) -> Session | None:
        """The session, unless it is unknown or expired at *now* (world clock)."""
        session = self._sessions.get(session_id)
        return session if session and session.expires > now else None

    async def end(self, session_id: str) -> None:
        """Forget it."""
        self._sessions.pop(session_id, None)

    async def end_all(self, subject: str, but: str) -> None:
        """Forget all of this account but one."""
        self._sessions = {
            session_id: session
            for session_id, session in self._sessions.items()
            if session.subject != subject or session_id == but
        }


@dataclass(slots=True)
class MemoryInteractions:
    """Waiting requests by their id."""

    _waiting: dict[str, Interaction] = field(default_factory=dict)
    _finished: set[str] = field(default_factory=set)

    async def save(self, interaction: Interaction) -> None:
        """Keep it, replacing an earlier state of the same id; a finished one stays finished."""
        if interaction.id not in self._finished:
            self._waiting[interaction.id] = interaction

    async def get(self, interaction_id: str, now: datetime) -> Interaction | None:
        """The interaction, unless unknown, finished or expired at *now* (wire clock)."""
        interaction = self._waiting.get(interaction_id)
        return interaction if interaction and interaction.expires > now else None

    async def finish(self, interaction_id: str) -> bool:
        """End it; True for exactly one caller."""
        if self._waiting.pop(interaction_id, None) is None:
            return False
        self._finished.add(interaction_id)
        return True

"""What the partner kit needs of others, in its own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

import httpx2

from gpic.nhs.answers import GpSession, LinkAnswer, SessionAnswer, Silence
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode
from gpic.outbound import Reply
from gpic.relying_party.outcomes import Obstacle
from gpic.relying_party.records import Attempt, Change, Linkage, Return


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


@runtime_checkable
class InSession(Protocol):
    """A supplier's system whose other endpoints a partner may call in a session that it opened."""

    @property
    def client(self) -> httpx2.AsyncClient:
        """Opened on the supplier's address, with its pool, bulkhead and certificates."""
        ...

    def carrying(self, session: GpSession) -> Mapping[str, str]:
        """The headers that a request in this session carries; empty for a session of another supplier's."""
        ...

    def naming(self, session: GpSession) -> Mapping[str, str]:
        """What else a request names, by the supplier's own words: session's user and patient. They change with the session."""
        ...

    def has_ended(self, reply: Reply) -> bool:
        """Whether this answer says that the session is over, so that another one may be opened."""
        ...

    async def stays_open(self, session: GpSession) -> bool | Silence:
        """Ask for something small, so that the session does not run out; whether it is open. Never raises."""
        ...


class GpSystems(Protocol):
    """Knows which system each practice uses."""

    def system_of(self, practice: OdsCode) -> tuple[str, GpSystem] | None:
        """The supplier's name in lower case and its system; None when the practice is not covered."""
        ...


class Attempts(Protocol):
    """Logins that are under way."""

    async def save(self, attempt: Attempt, now: datetime) -> None:
        """Keep it until it expires; what has expired by *now* may go."""
        ...

    async def take(self, state: str, browser: str, now: datetime) -> Attempt | None:
        """Hand out an attempt exactly once, even to two callers at one moment; a wrong browser takes nothing away."""
        ...


class Linkages(Protocol):
    """What linkage keys bought, by the fingerprint of the details; each sub points to one (R11)."""

    async def find(self, sub: str, fingerprint: str) -> Linkage | None:
        """The linkage, and whether it showed another patient to this sub; None when nothing is known."""
        ...

    async def reserve(self, fingerprint: str, version: int, now: datetime, until: datetime) -> bool:
        """Write the intent to register, before the call (R2).

        True for exactly one caller who saw this version (0: nothing stored), and for nobody while a reservation lasts.
        """
        ...

    async def settle(self, sub: str, fingerprint: str, change: Change) -> None:
        """Carry out the change in one step, as its own words promise; every change of a linkage raises its version.

        A sub that pointed elsewhere points here afterwards, and what it rightly pointed to before is erased (R4);
        NotRegistered, KeyRefused and TokenRefused move no pointer.
        """
        ...

    async def forget(self, sub: str) -> None:
        """Erase the sub's pointer, and its linkage where nobody else points to it rightly."""
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many automatic returns a person may make in a sliding window (R9)."""

    most: int
    window: timedelta


class Returns(Protocol):
    """Automatic returns to NHS login, counted per person, or per browser while nobody is known (R9)."""

    async def reserve(self, who: str, why: Obstacle, now: datetime, allowance: Allowance) -> bool:
        """Count a return before the redirect, by one statement; False when the allowance is used up, and then none is counted.

        Returns that have left the window may go.
        """
        ...

    async def since(self, who: str, start: datetime) -> tuple[Return, ...]:
        """The returns later than *start*, oldest first."""
        ...

    async def clear(self, *who: str) -> None:
        """Forget the returns of these: a session was opened."""
        ...


class PersonFiles(Protocol):
    """Everything that is kept of one person, for whoever may ask for it: handed out, or erased. Both are written down."""

    async def export(self, sub: str, at: datetime) -> dict[str, object] | None:
        """All of it, without keys, tokens and the account id; None for nobody we know."""
        ...

    async def erase(self, sub: str, at: datetime) -> bool:
        """Delete it in one transaction; what others rightly point to stays. False for nobody we know."""
        ...

    async def written_down(self, sub: str) -> tuple[tuple[datetime, str], ...]:
        """When it was exported or erased, oldest first. The lines name nobody: they are found by a hash of the sub."""
        ...


@dataclass(frozen=True, slots=True)
class Cabinets:
    """Where the kit keeps things, and how it lets go of what lies underneath; *files* where it lies in a database of ours."""

    attempts: Attempts
    linkages: Linkages
    returns: Returns
    close: Callable[[], None] = lambda: None
    files: PersonFiles | None = None

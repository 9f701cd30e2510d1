"""The words of a decision: what it looks at, and what it can be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gpic.nhs.answers import GpSession, Reason
from gpic.nhs.credentials import Demographics, GpCredentials, Im1Token
from gpic.relying_party.outcomes import Obstacle
from gpic.relying_party.records import Change, Linkage, Mark, Return
from gpic.relying_party.right_patient import Person

#: Obstacles that one return helps against or none; the others may use up what R9 allows (R8, R12).
RETURNS_ONCE: Final = frozenset({Obstacle.CLAIM_ABSENT, Obstacle.ALREADY_LINKED, Obstacle.GP_SYSTEM_REFUSES})


@dataclass(frozen=True, slots=True)
class Fresh:
    """What this login brought. *supplier* serves the practice now, "" for nobody; *signed_in_at* is of the wire clock."""

    person: Person
    details: GpCredentials | None
    supplier: str = ""
    signed_in_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The automatic returns within the window, and how many are allowed (R9)."""

    returns: tuple[Return, ...] = ()
    most: int = 2

    def allows(self, why: Obstacle) -> bool:
        """Whether one more return because of *why* may be asked for."""
        return len(self.returns) < self.most and not (why in RETURNS_ONCE and self.has(why))

    def has(self, why: Obstacle) -> bool:
        """Whether somebody was returned because of *why*."""
        return any(one.why is why for one in self.returns)


@dataclass(frozen=True, slots=True)
class UseStoredToken:
    """Open a session with this token (R3)."""

    token: Im1Token


@dataclass(frozen=True, slots=True)
class RegisterForToken:
    """Exchange the details of this login for a token (R2, R4, R7)."""

    details: GpCredentials
    demographics: Demographics
    is_renewal: bool = False


@dataclass(frozen=True, slots=True)
class SendBack:
    """Back to NHS login; with *sign_in* by prompt=login, else with an asserted identity if one can be made (R6, R7)."""

    why: Obstacle
    sign_in: bool = False


@dataclass(frozen=True, slots=True)
class StopAsking:
    """An explanation instead of one more round."""

    why: Obstacle
    refusal: Reason | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Nobody answered; nothing is changed (R10)."""

    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """An unrestricted session of the right patient."""

    session: GpSession


@dataclass(frozen=True, slots=True)
class DecideAgain:
    """What is stored has changed: run the rules on it."""


Ending = SendBack | StopAsking | Wait | Welcome
Decision = UseStoredToken | RegisterForToken | SendBack | StopAsking


@dataclass(frozen=True, slots=True)
class Step:
    """Write *change* first, end the session that nobody may use, and go on with *then*."""

    then: Decision | Ending | DecideAgain
    change: Change | None = None
    ends: GpSession | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What a decision looks at. *has_registered*: this very login has bought a token already."""

    stored: Linkage | None
    fresh: Fresh
    history: History
    has_registered: bool = False

    @property
    def known(self) -> Linkage:
        """What is stored; a linkage that says nothing where nothing is."""
        return self.stored or Linkage("")

    def now(self, mark: Mark) -> Mark:
        """The mark as of this login: a sign-in since then lifts a suspension; the same second counts as since (G3)."""
        since, signed_in = self.known.suspended_at, self.fresh.signed_in_at
        lifted = since is not None and signed_in is not None and int(signed_in.timestamp()) >= int(since.timestamp())
        return Mark.SOUND if mark is Mark.SUSPENDED and lifted else mark

    @property
    def token_mark(self) -> Mark:
        """What holds of the stored token at this login."""
        return self.now(self.known.token_mark)

    @property
    def key_mark(self) -> Mark:
        """What holds of the linkage key at this login."""
        return self.now(self.known.key_mark)

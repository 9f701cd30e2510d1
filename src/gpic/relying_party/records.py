"""What the kit keeps: attempts to log in, linkages, and returns to NHS login."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.relying_party.outcomes import Obstacle


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to NHS login and back. *browser* is a hash of what the browser holds; times are of the wire clock."""

    state: str
    nonce: str
    browser: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Return:
    """One automatic return to NHS login; *at* is of the world clock."""

    why: Obstacle
    at: datetime


class Mark(StrEnum):
    """What a GP system has said of a secret."""

    SOUND = "sound"  #: nothing against it
    SUSPENDED = "suspended"  #: 'Linked' wanted, 'Restricted' actual: not presented again before a new sign-in
    REJECTED = "rejected"  #: never presented again


@dataclass(frozen=True, slots=True)
class Linkage:
    """What one linkage key bought, under the fingerprint of its details (R11). Details and token are sealed at rest.

    Without *token* a registration was begun and its answer is not known here (R2). *version* 0 was never stored.
    """

    fingerprint: str
    version: int = 0
    details: GpCredentials | None = None
    token: Im1Token | None = None
    token_mark: Mark = Mark.SOUND
    key_mark: Mark = Mark.SOUND
    suspended_at: datetime | None = None  #: wire clock: a sign-in since then lifts SUSPENDED
    renewed: bool = False  #: the one further registration of R7 has been made
    reserved_until: datetime | None = None  #: wire clock: somebody registers at this moment
    is_of_another: bool = False  #: the GP system showed somebody else to this sub (R5)


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration succeeded: keep details and token, end the reservation, point the sub at it, erase what it had."""

    details: GpCredentials
    token: Im1Token
    is_renewal: bool = False


@dataclass(frozen=True, slots=True)
class NotRegistered:
    """A registration brought no token; the reservation ends and the intent stays."""


@dataclass(frozen=True, slots=True)
class KeyRefused:
    """The linkage key is not accepted; the reservation ends."""

    mark: Mark
    at: datetime


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """The token with this fingerprint is not accepted; a newer one is not touched."""

    token: str
    mark: Mark
    at: datetime


@dataclass(frozen=True, slots=True)
class Proved:
    """This token opened a session that shows the right patient: suspensions are lifted, the sub points here."""

    token: str


@dataclass(frozen=True, slots=True)
class ShowsAnother:
    """The GP system shows somebody else: remember that for this sub, and erase what nobody else owns rightly (R5)."""


Change = Registered | NotRegistered | KeyRefused | TokenRefused | Proved | ShowsAnother

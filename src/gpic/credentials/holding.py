"""What the provider holds of one person: one record, one version, moved only through `lifecycle`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from gpic.credentials.lifecycle import State
from gpic.nhs.answers import Reason
from gpic.nhs.credentials import GpCredentials, Im1Token
from gpic.nhs.organisations import OdsCode

#: Internal id of a person; random, never derived from an NHS number (N1).
PersonId = NewType("PersonId", str)


@dataclass(frozen=True, slots=True)
class Holding:
    """One person's registration as we know it. Times are of the world clock.

    *version* 0 was never stored; every save raises it by one. Details and token are sealed at rest.
    """

    person: PersonId
    state: State = State.EMPTY
    version: int = 0
    supplier: str = ""  #: lower case: "emis", "tpp"; "" while nothing is known
    practice: OdsCode | None = None  #: where the registration is, or was last tried
    details: GpCredentials | None = None
    token: Im1Token | None = None  #: the provider's own IM1 token
    rejected: frozenset[str] = frozenset()  #: fingerprints of details and tokens that a GP system rejected (N13)
    refusal: Reason | None = None  #: why the last try ended without details
    tries: int = 0  #: refusals in a row (N11)
    silences: int = 0  #: answers missing in a row (N12)
    next_try_at: datetime | None = None  #: after a refusal (N11) or a missing answer (N12)
    registered_at: datetime | None = None
    checked_at: datetime | None = None  #: the last good check
    completed: tuple[datetime, ...] = ()  #: registrations that stored new details, of the last 24 h (N13)
    confirm_asked_at: datetime | None = None  #: a login wants to know whether the details still work (N16)
    forced: tuple[datetime, ...] = ()  #: the checks that logins forced, of the last hour (N16)
    may_lift: bool = False  #: somebody signed in for it, so a restriction may be lifted (N17)

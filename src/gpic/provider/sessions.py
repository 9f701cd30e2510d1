"""Browser sessions at NHS login."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gpic.nhs.trust import Vector


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which somebody signed in. *id* is the random text in the cookie; at rest only its hash is kept."""

    id: str
    subject: str
    vector: Vector  #: the account's level and the credentials used
    auth_time: datetime  #: wire clock: the real sign-in
    signed_in_at: datetime  #: world clock: the same moment, for ages
    expires: datetime  #: world clock

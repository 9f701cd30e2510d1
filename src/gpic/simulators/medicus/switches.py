"""What may be thrown while the stand-in runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from gpic.simulators.limits import Limits


@dataclass(slots=True)
class MedicusSwitches:
    """All switches of the Medicus stand-in."""

    not_enabled: frozenset[tuple[str, str]] = frozenset()  #: application's id and tenant: 104
    relinking: bool = False  #: a second token instead of 305; the one before stops working
    limits: Limits = field(default_factory=Limits)  #: none: generous
    token_lifetime: timedelta = timedelta(minutes=10)  #: of access tokens, on the wire clock
    session_lifetime: timedelta = timedelta(minutes=20)  #: idle, on the world clock
    youngest_to_create: int = 16
    youngest_to_link: int = 13

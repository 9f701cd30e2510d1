"""Where the sources disagree, and may be thrown while the stand-in runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Generation(StrEnum):
    """Two generations of error answers (`gp-systems.md` §2.5)."""

    NEWER = "newer"  #: 400, 403 and 404 with codes of their own
    OLDER = "older"  #: 500 with -1002 or -1030, told apart by their messages


class AlreadyLinked(StrEnum):
    """What a second me/applications of one application gets (`gp-systems.md` §7, §10)."""

    SUCCEEDS = "succeeds"  #: the same GUID again, and another e-mail
    BAD_REQUEST = "400"  #: -1108
    SERVER_ERROR = "500"  #: -1002 with the message
    CONFLICT = "409"


class RestrictedShownAs(StrEnum):
    """How a session shows that the account was reset (`gp-systems.md` §2.6)."""

    LEVEL = "level"  #: 200 with ApplicationLinkLevel
    FORBIDDEN = "403"
    SERVER_ERROR = "500"


@dataclass(slots=True)
class EmisSwitches:
    """All switches of the EMIS stand-in."""

    generation: Generation = Generation.NEWER
    already_linked: AlreadyLinked = AlreadyLinked.SUCCEEDS
    restricted: RestrictedShownAs = RestrictedShownAs.LEVEL
    account_exists_code: int = -1110  #: or 0, as old stubs have it
    session_loss_status: int = 401  #: with the literal body
    session_lifetime: timedelta = timedelta(minutes=20)  #: idle, on the world clock
    youngest_to_retrieve: int = 13
    youngest_to_create: int = 16

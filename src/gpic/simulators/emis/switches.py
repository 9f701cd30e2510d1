"""Where the sources disagree, and may be thrown while the stand-in runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from gpic.simulators.limits import Limits


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


class SessionShape(StrEnum):
    """Two generations of E2's reply (`gp-systems.md` §2.2, §3.7)."""

    CLASSIC = "classic"  #: as stubs have it
    NEWER = "newer"  #: links tell identifiers, level, status, services


class LiftedBy(StrEnum):
    """What ends Restricted (`gp-systems.md` §10 EMIS 8, §11.4)."""

    FRESH_SIGN_IN = "a fresh sign-in"  #: a verification whose token tells of a sign-in after the reset (G3)
    ANY_VERIFICATION = "any verification"  #: whose token is accepted


@dataclass(slots=True)
class EmisSwitches:
    """All switches of the EMIS stand-in."""

    generation: Generation = Generation.NEWER
    already_linked: AlreadyLinked = AlreadyLinked.SUCCEEDS
    restricted: RestrictedShownAs = RestrictedShownAs.LEVEL
    account_exists_code: int = -1110  #: or 0, as old stubs have it
    dead_links_not_linked: bool = False  #: a session with a dead token is told of a level 'NotLinked', not of a status
    lifted_by: LiftedBy = LiftedBy.FRESH_SIGN_IN
    demographics_first: bool = False  #: me/applications compares name and birth date before it looks at the key
    limits: Limits = field(default_factory=Limits)  #: none; a rate that is exceeded is answered 429
    session_loss_status: int = 401  #: with the literal body
    session_shape: SessionShape = SessionShape.CLASSIC
    end_user_sessions_refused: bool = False  #: E1 answers 403 with -1030, as if the second version were off
    linking_status: int = 201  #: of a success; 200 as the oldest stub has it
    linking_while_restricted: bool = False  #: otherwise 403 with -1030 and the message about levels
    verified_once_for_all: bool = False  #: E4 says 201 once for an account; otherwise once for each application
    api_version: str = ""  #: the one X-API-Version that is served; empty: any
    stranger_status: int = 403  #: for an application that is not registered; or 401
    spaced_numbers: bool = False  #: NHS numbers as 999 000 1112
    longest_account_id: int = 20
    longest_linkage_key: int = 64
    longest_surname: int = 100
    session_lifetime: timedelta = timedelta(minutes=20)  #: idle, on the world clock
    youngest_to_retrieve: int = 13
    youngest_to_create: int = 16
    youngest_to_link: int = 13

"""TPP's errors: codes of `gp-systems.md` §3.5, always with HTTP 200."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from gpic.simulators.tpp.switches import Generation

OLD_LINKAGE_ERROR: Final = 8


@dataclass(frozen=True, slots=True)
class TppError:
    """One answer. *is_new* marks the codes that the older generation did not have."""

    code: int
    message: str
    is_new: bool = False

    def seen_by(self, generation: Generation) -> int:
        """The code as that generation tells it."""
        return OLD_LINKAGE_ERROR if self.is_new and generation is Generation.OLDER else self.code


class Refused(Exception):
    """TPP says no."""

    def __init__(self, error: TppError) -> None:
        super().__init__(error.message)
        self.error = error


UNAVAILABLE: Final = TppError(0, "The service is unavailable")
UNREADABLE: Final = TppError(1, "The request could not be read")
SESSION_GONE: Final = TppError(3, "You are not authenticated")
PROVIDER_UNKNOWN: Final = TppError(5, "The provider id is not valid")
NOT_LOGGED_ON: Final = TppError(5, "You must be logged on")
NO_ACCESS: Final = TppError(6, "You do not have access to this")
LINKAGE_WRONG: Final = TppError(
    8, "There was a problem linking your account. Please contact your practice to complete the online account registration."
)
LOGON_PROBLEM: Final = TppError(9, "There was a problem logging on")
#: Who reads it is told which practice to turn to.
YOUR_PRACTICE: Final = "your practice"
UNMATCHED: Final = TppError(19, "The patient is not matched to PDS", is_new=True)
REGISTRATION_ENDED: Final = TppError(509, "The registration for online services is incomplete or has ended", is_new=True)
LAST_NAME_WRONG: Final = TppError(512, "The last name does not match", is_new=True)
BIRTH_DATE_WRONG: Final = TppError(513, "The date of birth does not match", is_new=True)
TOO_YOUNG: Final = TppError(553, "The patient is not old enough to sign up digitally", is_new=True)
NO_SUCH_PATIENT: Final = TppError(554, "There is no patient with that NHS number", is_new=True)
NOT_REGISTERED_HERE: Final = TppError(555, "The patient is not registered at this practice", is_new=True)
STUMBLED: Final = TppError(556, "The account could not be created just now; please send the request again", is_new=True)


def linkage_wrong(practice: str) -> TppError:
    """8, naming the practice as TPP's own text does (§3.5)."""
    return replace(LINKAGE_WRONG, message=LINKAGE_WRONG.message.replace(YOUR_PRACTICE, practice))

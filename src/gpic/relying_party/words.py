"""What a person is told when they cannot be connected, in sentences that a patient understands; yours may be better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from gpic.nhs.answers import Reason
from gpic.relying_party.outcomes import Obstacle

MINUTE: Final = timedelta(minutes=1)

LATER: Final = "We cannot reach your GP surgery's system at the moment. Nothing is wrong with your account."


@dataclass(frozen=True, slots=True)
class Explanation:
    """A heading and what can be done."""

    heading: str
    sentences: tuple[str, ...]


EXPLAINED: Final[Mapping[Obstacle, Explanation]] = MappingProxyType(
    {
        Obstacle.CLAIM_ABSENT: Explanation(
            "We could not get your GP surgery details",
            (
                "NHS login could not find or set up an online account at your GP surgery.",
                "You may not be registered at a GP surgery, or your surgery may not offer online services.",
            ),
        ),
        Obstacle.RESTRICTED: Explanation(
            "Your GP online account is restricted",
            (
                "Your account was reset, and logging in again did not lift the restriction.",
                "Contact your GP surgery if it stays like this.",
            ),
        ),
        Obstacle.DETAILS_REJECTED: Explanation(
            "Your GP surgery did not accept your account details",
            (
                "Your details may have changed a short while ago. They are usually up to date again after some minutes.",
                "Contact your GP surgery if it stays like this.",
            ),
        ),
        Obstacle.ALREADY_LINKED: Explanation(
            "Your GP online account is already linked",
            (
                "This service was linked to your account before, and the link was lost.",
                "Ask your GP surgery to reset your online account, then try again.",
            ),
        ),
        Obstacle.WRONG_PATIENT: Explanation(
            "We could not match you with your record",
            (
                "For your safety we show nothing, because the record at the GP surgery does not match your NHS login.",
                "Ask your GP surgery to check your name, date of birth and NHS number.",
            ),
        ),
        Obstacle.GP_SYSTEM_REFUSES: Explanation(
            "Your GP surgery does not let us connect you",
            ("Your GP surgery's system does not allow online access for you at the moment.",),
        ),
        Obstacle.NOT_COVERED: Explanation(
            "Your GP surgery is not covered yet",
            ("This service cannot connect to the system that your GP surgery uses.",),
        ),
        Obstacle.SIGN_IN_NEEDED: Explanation(
            "You need to log in again",
            ("Your NHS login did not finish.",),
        ),
        Obstacle.CONSENT_REFUSED: Explanation(
            "You chose not to share your details",
            (
                "Without them we cannot connect you to your GP surgery.",
                "If you change your mind, continue with NHS login and agree to share.",
            ),
        ),
        Obstacle.NOT_ADMITTED: Explanation(
            "This service is not set up yet",
            ("NHS login does not let this service connect to GP surgeries. This is our mistake, not yours.",),
        ),
        Obstacle.LOGIN_FAILED: Explanation(
            "Your login did not work",
            ("The login may have been used before, or it was started in another browser. Start again.",),
        ),
    }
)

#: What a patient can do about a GP system's own reason; the others have nothing to add.
REASONS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.UNDER_AGE: "You may be too young for online access; your GP surgery can tell you more.",
        Reason.DEMOGRAPHICS_DIFFER: "Your name or date of birth differ from those at your GP surgery. Ask them to check.",
        Reason.NOT_REGISTERED: "You do not seem to be registered at this GP surgery.",
        Reason.ARCHIVED: "Your record at this GP surgery is archived. You may have moved.",
        Reason.LOCKED: "Your account is locked. Ask your GP surgery to unlock it.",
        Reason.ONLINE_SERVICES_OFF: "Your GP surgery has switched its online services off.",
        Reason.PRACTICE_NOT_LIVE: "Your GP surgery's system is not in operation.",
    }
)


def sentences_for(why: Obstacle, refusal: Reason | None) -> tuple[str, ...]:
    """What to say, the GP system's own reason last."""
    own = REASONS.get(refusal) if refusal is not None else None
    return (*EXPLAINED[why].sentences, *((own,) if own else ()))


def in_words(after: timedelta | None) -> str:
    """`in 5 minutes`, rounded up; "" where nothing is known."""
    if after is None or after <= timedelta():
        return ""
    minutes = -(-after // MINUTE)
    return f"in {minutes} minute{'s' if minutes > 1 else ''}"

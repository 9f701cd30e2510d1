"""What a person reads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from gpic.provider.identity.enrolment import Mistake
from gpic.provider.identity.step_up import NotProved

#: What sharing a scope means, in a person's words, in the order in which it is shown.
SHARED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "profile": "your NHS number, surname and date of birth",
        "basic_demographics": "your surname and date of birth",
        "profile_extended": "your first name",
        "email": "your email address",
        "phone": "your mobile phone number",
        "landline": "your landline phone number",
        "gp_registration_details": "which GP surgery you are registered with",
        "gp_integration_credentials": "the details that connect the service to your GP surgery's online services",
        "client_metadata": "what the service itself has stored with NHS login",
        "nhs_app_credentials": "your credentials for the NHS App",
    }
)

WRONG_PASSWORD: Final = "The email address or the password is wrong"  # noqa: S105 - a sentence
WRONG_PASSKEY: Final = "This passkey cannot be used here"
WRONG_CODE: Final = "The security code is wrong or has expired"
TOO_MANY: Final = "There were too many wrong answers. Go back to the service that you want to use and log in again."
UNREADABLE: Final = "This form could not be read. Go back and try again."
NO_SUCH_PAGE: Final = (
    "If you typed the web address, check that it is correct. Otherwise go back to the service that sent you here."
)
PROBLEM: Final = "Something went wrong here. Go back to the service that you want to use and try again later."
NOT_FROM_HERE: Final = "This form did not come from a page of ours, or you have waited too long. Go back and try again."

SIGNED_OUT: Final = "Services that you have logged in to with this account may keep you logged in on their own."
CODES_TOO_MANY: Final = "You have asked for too many security codes. Use the latest one, or wait 15 minutes and try again."
NOT_DELIVERED: Final = "The security code could not be sent. Ask for another one."

#: What is wrong on a page that makes an account.
MISTAKES: Final[Mapping[Mistake, str]] = MappingProxyType(
    {
        Mistake.EMAIL_UNREADABLE: "Enter an email address in the correct format, like name@example.com",
        Mistake.PHONE_UNREADABLE: "Enter a mobile phone number, like 07700 900 982",
        Mistake.PASSWORD_SHORT: "The password is too short",
        Mistake.PASSWORD_KNOWN: "This password is too easy to guess. Choose another one.",
        Mistake.CODE_WRONG: WRONG_CODE,
        Mistake.CODES_TOO_MANY: CODES_TOO_MANY,
        Mistake.NOT_DELIVERED: NOT_DELIVERED,
        Mistake.PASSWORD_WRONG: "The password is wrong",
        Mistake.TOO_OFTEN: "You have tried too often. Wait 15 minutes and try again.",
        Mistake.PASSKEY_UNUSABLE: "This passkey could not be added",
        Mistake.START_AGAIN: "This account could not be created. Start again, or sign in if you have an account.",
    }
)

#: Why somebody could not prove who they are.
NOT_PROVED: Final[Mapping[NotProved, str]] = MappingProxyType(
    {
        NotProved.UNREADABLE: "Enter an NHS number of 10 digits, like 999 123 4560",
        NotProved.NO_MATCH: "These details do not match. Check your NHS number, last name and date of birth.",
        NotProved.TOO_OFTEN: "You have tried too often. Try again tomorrow.",
        NotProved.NOT_NOW: "Your identity cannot be checked now. Try again later.",
        NotProved.FAILED: "The photo does not match. You can try again.",
        NotProved.PENDING: "The check is not finished. Go on with it.",
    }
)


def paused(wait: timedelta) -> str:
    """How long nobody may try this sign-in; the same whether there is such an account or not."""
    minutes = math.ceil(wait.total_seconds() / 60)
    return f"There were too many wrong passwords. Wait {minutes} minute{'s' if minutes > 1 else ''} and try again."


def shared(scopes: frozenset[str]) -> tuple[str, ...]:
    """What these scopes share."""
    return tuple(words for scope, words in SHARED.items() if scope in scopes)

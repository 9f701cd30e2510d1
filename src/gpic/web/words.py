"""What a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
WRONG_CODE: Final = "The security code is wrong or has expired"
TOO_MANY: Final = "There were too many wrong answers. Go back to the service that you want to use and log in again."
UNREADABLE: Final = "This form could not be read. Go back and try again."
NO_SUCH_PAGE: Final = (
    "If you typed the web address, check that it is correct. Otherwise go back to the service that sent you here."
)
PROBLEM: Final = "Something went wrong here. Go back to the service that you want to use and try again later."
NOT_FROM_HERE: Final = "This form did not come from a page of ours, or you have waited too long. Go back and try again."


def shared(scopes: frozenset[str]) -> tuple[str, ...]:
    """What these scopes share."""
    return tuple(words for scope, words in SHARED.items() if scope in scopes)

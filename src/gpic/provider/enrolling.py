"""How far somebody has come who makes an account."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Asked(StrEnum):
    """What is asked next."""

    EMAIL = "email"
    EMAIL_CODE = "email-code"
    PASSWORD = "password"  # noqa: S105 - the name of a page
    PHONE = "phone"
    PHONE_CODE = "phone-code"


@dataclass(frozen=True, slots=True)
class Enrolling:
    """What was given so far; "" is not yet. It is kept sealed, with the request that waits."""

    email: str = field(default="", repr=False)  #: lower case
    email_proved: bool = False
    password_hash: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)

    @property
    def asked(self) -> Asked:
        """The next question; the code to the phone is the last."""
        if not self.email:
            return Asked.EMAIL
        if not self.email_proved:
            return Asked.EMAIL_CODE
        if not self.password_hash:
            return Asked.PASSWORD
        return Asked.PHONE_CODE if self.phone else Asked.PHONE

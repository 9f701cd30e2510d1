"""Where a person can be reached: a mobile phone or a mailbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Channel(StrEnum):
    """How something gets to a person."""

    EMAIL = "email"
    PHONE = "phone"  #: by text message


@dataclass(frozen=True, slots=True)
class Contact:
    """One address of one person; the repr does not show it."""

    channel: Channel
    address: str = field(repr=False)

    @classmethod
    def phone(cls, number: str) -> Contact:
        """The phone of this number."""
        return cls(Channel.PHONE, number)

    @classmethod
    def email(cls, address: str) -> Contact:
        """The mailbox of this address; case makes no difference."""
        return cls(Channel.EMAIL, address.lower())

"""Identifiers and keys, drawn from a seed so that a world can be made again. None of them protects anything real."""

from __future__ import annotations

import string
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from gpic.nhs.numbers import NhsNumber

KEY_LETTERS: Final = sorted(set(string.ascii_letters + string.digits) - set("0O1lI"))
#: TPP's passphrases hold punctuation, some of which XML and HTML must encode.
PASSPHRASE_LETTERS: Final = string.ascii_lowercase + string.digits + "!/&<>'+"
FIRST_STEM: Final = 999_000_100
LAST_STEM: Final = 999_999_999


def synthetic_numbers(first: int = FIRST_STEM) -> Iterator[NhsNumber]:
    """Valid NHS numbers of the range that is kept for tests, in order, from the first nine digits *first* on."""
    for stem in range(first, LAST_STEM + 1):
        number = NhsNumber.from_stem(str(stem))
        if number is not None:
            yield number


@dataclass(frozen=True, slots=True)
class Mint:
    """Draws what a GP system gives out, in the shapes of `gp-systems.md` §3.7."""

    random: Random

    def guid(self) -> str:
        """An AccessIdentityGuid, an error reference."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def opaque(self, prefix: str = "", length: int = 24) -> str:
        """A session id, a link token, an access token."""
        return prefix + "".join(self.random.choices(string.ascii_letters + string.digits, k=length))

    def account_id(self, digits: int) -> str:
        """An online account's number, never with a leading nought."""
        return str(self.random.randrange(10 ** (digits - 1), 10**digits))

    def linkage_key(self) -> str:
        """EMIS: twelve letters and digits."""
        return "".join(self.random.choices(KEY_LETTERS, k=12))

    def passphrase(self) -> str:
        """TPP: sixteen signs, an ampersand sometimes among them."""
        return "".join(self.random.choices(PASSPHRASE_LETTERS, k=16))

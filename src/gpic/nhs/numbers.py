"""NHS numbers: ten digits with a modulus-11 check digit (`demographics.md` §3.5)."""

from __future__ import annotations

from operator import mul
from typing import Final, Self

LENGTH: Final = 10
MODULUS: Final = 11
WEIGHTS: Final = tuple(range(LENGTH, 1, -1))
#: By what the weighted sum of the others leaves to a multiple of eleven; nothing is a digit that stands for ten.
CHECK_DIGITS: Final[tuple[str | None, ...]] = (*map(str, range(LENGTH)), None)
#: Ranges (by the first three digits) of which no number has ever been issued.
NEVER_ISSUED: Final = range(900, 1000)


class NhsNumberInvalid(ValueError):
    """This is not an NHS number."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)  # the text that was tried stays out of it: it may be a real number with a slip


class NhsNumber:
    """A well-formed NHS number. Its repr and str are masked; `digits` is the ten digits, `spoken` is 3-3-4."""

    __slots__ = ("digits",)

    digits: str

    def __init__(self, text: str) -> None:
        """Accepts ten digits, spaces or hyphens between them; raises NhsNumberInvalid."""
        digits = text.replace(" ", "").replace("-", "")
        if len(digits) != LENGTH or not (digits.isascii() and digits.isdigit()) or check_digit(digits[:-1]) != digits[-1]:
            raise NhsNumberInvalid
        object.__setattr__(self, "digits", digits)

    @classmethod
    def from_stem(cls, stem: str) -> Self | None:
        """The number that begins with these nine digits, or None: one stem in eleven has no check digit."""
        digit = check_digit(stem)
        return cls(stem + digit) if digit is not None else None

    @property
    def spoken(self) -> str:
        """The number as it is shown to its owner: `999 000 1112`."""
        return f"{self.digits[:3]} {self.digits[3:6]} {self.digits[6:]}"

    @property
    def is_synthetic(self) -> bool:
        """Whether it lies in the 9xx range, of which no number has ever been issued."""
        return int(self.digits[:3]) in NEVER_ISSUED

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        return self.digits == other.digits if isinstance(other, NhsNumber) else NotImplemented

    def __hash__(self) -> int:
        return hash(("NhsNumber", self.digits))

    def __repr__(self) -> str:
        return "NhsNumber(•••)"

    def __str__(self) -> str:
        return "•••"


def check_digit(stem: str) -> str | None:
    """The tenth digit that belongs to nine, or None where the sum leaves 10."""
    if len(stem) != len(WEIGHTS):
        raise ValueError("a stem has nine digits")
    weighed: int = sum(map(mul, map(int, stem), WEIGHTS))
    return CHECK_DIGITS[-weighed % MODULUS]

"""Vectors of trust (`nhs-login.md` §7): `P9.Cp.Cd` and lists of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class ProofingLevel(IntEnum):
    """How well a person's identity was proved; a higher level includes the lower ones."""

    P0 = 0  #: e-mail and phone owned
    P5 = 5  #: details matched to PDS
    P9 = 9  #: photo compared with the person


class VectorInvalid(ValueError):
    """This is not a vector of trust, or not a list of them."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


COMPONENT: Final = re.compile(r"P[059]|C[pdkm]")
MOST_VECTORS: Final = 32
LONGEST_TEXT: Final = 1024


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector: a level or None for any, and the credentials that were used or are wanted ("p", "d", "k", "m")."""

    level: ProofingLevel | None
    credentials: frozenset[str]

    @classmethod
    def parse(cls, text: str) -> Vector:
        """Reads `P9.Cp.Cd`; raises VectorInvalid."""
        parts = text.split(".")
        if len(set(parts)) != len(parts) or not all(COMPONENT.fullmatch(part) for part in parts):
            raise VectorInvalid
        levels = [part for part in parts if part[0] == "P"]
        if len(levels) > 1:
            raise VectorInvalid
        return cls(ProofingLevel[levels[0]] if levels else None, frozenset(part[1] for part in parts if part[0] == "C"))

    def satisfies(self, wanted: Vector) -> bool:
        """Whether a login of this vector fulfils *wanted*; what *wanted* omits may be anything."""
        if wanted.level is not None and (self.level is None or self.level < wanted.level):
            return False
        return self.credentials >= wanted.credentials

    @property
    def has_two_factors(self) -> bool:
        """Password and device, password and key, or a passkey (rule N5)."""
        return self.credentials >= {"p", "d"} or self.credentials >= {"p", "k"} or "m" in self.credentials

    def __str__(self) -> str:
        level = [self.level.name] if self.level is not None else []
        return ".".join([*level, *(f"C{letter}" for letter in "pdkm" if letter in self.credentials)])


#: What an absent vtr means.
DEFAULT_VECTORS: Final = (Vector.parse("P9.Cp.Cd"), Vector.parse("P9.Cp.Ck"), Vector.parse("P9.Cm"))


def parse_vtr(text: str) -> tuple[Vector, ...]:
    """Reads a vtr parameter, a JSON array of vectors; raises VectorInvalid."""
    if len(text) > LONGEST_TEXT:
        raise VectorInvalid
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise VectorInvalid from error
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_VECTORS or not all(isinstance(item, str) for item in listed):
        raise VectorInvalid
    return tuple(Vector.parse(item) for item in listed)


def first_satisfied(reached: Vector, wanted: tuple[Vector, ...]) -> Vector | None:
    """The first wanted vector that a login of *reached* fulfils, or None: the list is an OR."""
    return next((vector for vector in wanted if reached.satisfies(vector)), None)

"""ODS codes of practices (`demographics.md` §3.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: PDS itself promises only upper-case letters and digits; a bound keeps columns and log lines small.
SHAPE: Final = re.compile(r"[0-9A-Z]{3,12}")


class OdsCodeInvalid(ValueError):
    """This is not an ODS code: 3 to 12 letters and digits."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True, slots=True, order=True)
class OdsCode:
    """An organisation's code, upper case. Raises OdsCodeInvalid."""

    code: str

    def __post_init__(self) -> None:
        upper = self.code.strip().upper()
        if not SHAPE.fullmatch(upper):
            raise OdsCodeInvalid
        object.__setattr__(self, "code", upper)

    def __str__(self) -> str:
        return self.code

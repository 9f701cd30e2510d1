"""A supplier's refusals as a table: what it says → what that means for us. The tables are printed in the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

from gpic.nhs.answers import AlreadyLinked, NoAccount, Refused, Rejected, Unreachable
from gpic.outbound import TOO_EARLY

Answer = NoAccount | AlreadyLinked | Rejected | Refused | Unreachable
A = TypeVar("A", bound=Answer)
A_co = TypeVar("A_co", bound=Answer, covariant=True)

#: Words alone are believed on these statuses: a gateway's 429 or 502 to 504 says nothing about a secret.
WORDS_COUNT_ON: Final = frozenset(range(400, 501)) - TOO_EARLY


@dataclass(frozen=True, slots=True)
class Said:
    """What a supplier said instead of yes: HTTP status, its own code, its words."""

    status: int
    code: int | None = None
    words: str = ""

    def coded(self, call: str) -> str:
        """A stable code for logs, such as `emis-link-400-1105`; never the supplier's words."""
        return f"{call}-{self.status}" + ("" if self.code is None else f"-{abs(self.code)}")


@dataclass(frozen=True, slots=True)
class Row(Generic[A_co]):
    """One line: a status, a code and part of the words (None and "" are any), and the answer they make."""

    status: int | None
    code: int | None
    words: str
    answer: A_co

    def fits(self, said: Said) -> bool:
        """Whether everything that this line names was said; words are compared without case."""
        return (
            self.status in {None, said.status}
            and self.code in {None, said.code}
            and self.words.lower() in said.words.lower()
            and (self.code is not None or not self.words or said.status in WORDS_COUNT_ON)
        )

    @property
    def rank(self) -> int:
        """Code and words beat a code, a code beats words, words beat a bare status (`gp-systems.md` §2.3)."""
        if self.code is not None:
            return 0 if self.words else 1
        return 2 if self.words else 3


def judge(rows: Sequence[Row[A]], said: Said, call: str) -> A | None:
    """The answer of the best line that fits, the first of equals, with *call* and codes for the log; None if none fits."""
    fitting = sorted((row for row in rows if row.fits(said)), key=lambda row: row.rank)
    return _coded(fitting[0].answer, said.coded(call)) if fitting else None


def _coded(answer: A, code: str) -> A:
    if isinstance(answer, AlreadyLinked | Rejected | Refused):
        return replace(answer, code=code)
    return replace(answer, detail=code) if isinstance(answer, Unreachable) else answer

"""Writes docs/reference/supplier-codes.md: what each supplier's refusals mean for us, printed from the adapters' tables.

`python scripts/supplier_codes.py` rewrites the page; a house test calls `page()` and compares.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from gpic.gp_systems.emis import refusals as emis
from gpic.gp_systems.medicus import refusals as medicus
from gpic.gp_systems.rows import Answer, Row
from gpic.gp_systems.tpp import refusals as tpp
from gpic.nhs.answers import AlreadyLinked, NoAccount, Refused, Rejected, Unreachable

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference" / "supplier-codes.md"
SUPPLIERS: Final[Mapping[str, Mapping[str, Sequence[Row[Answer]]]]] = {
    "EMIS": emis.BY_CALL,
    "TPP": tpp.BY_CALL,
    "Medicus (provisional)": medicus.BY_CALL,
}

INTRODUCTION: Final = """# What suppliers refuse, and what it means

Printed from the adapters' tables by `python scripts/supplier_codes.py`; a house test keeps it true.

- **Rejected**: the secret itself is not accepted. It is never presented again (N13).
- **Refused**: a lasting no that is not the secret's fault (N11).
- **No account**: creating one may help. **Already linked**: this application has a token, and the supplier tells it no
  more (N10, R12).
- **Unreachable**: says nothing about account or secret (N12); so do the statuses 408, 425, 429 and 5xx without a line of
  their own.
- Whatever no line describes is `Unexpected(code)`, with a code such as `emis-link-400-7777`: nothing is thrown away, and
  the supplier's words stay out of it and out of every log, since they may quote what was sent.

A line counts when everything that it names was said. Status, code and words together beat a code alone, a code beats
words, words beat a bare status. Words are compared without case and as a part of what was said; alone, they are believed
on the statuses 400 to 500 except 408, 425 and 429, since a gateway's error page rejects no secret.
"""


def meaning(answer: Answer) -> str:
    """The outcome, and its reason where it has one."""
    match answer:
        case Rejected(reason):
            return f"**Rejected** `{reason}`"
        case Refused(reason):
            return f"Refused `{reason}`"
        case NoAccount():
            return "No account"
        case AlreadyLinked():
            return "Already linked"
        case Unreachable():
            return "Unreachable"


def line(row: Row[Answer]) -> str:
    """One row of the page."""
    status = "any" if row.status is None else str(row.status)
    code = "any" if row.code is None else str(row.code)
    words = f"“{row.words}”" if row.words else "–"
    return f"| {status} | {code} | {words} | {meaning(row.answer)} |"


def page() -> str:
    """The page as it should be."""
    parts = [INTRODUCTION]
    for supplier, calls in SUPPLIERS.items():
        parts.append(f"## {supplier}\n")
        for call, rows in calls.items():
            parts.append(f"### {call}\n\n| HTTP status | code | words | outcome |\n|---|---|---|---|")
            # The order of the page is the order in which lines are preferred.
            parts.append("\n".join(line(row) for row in sorted(rows, key=lambda row: row.rank)) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)

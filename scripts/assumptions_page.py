"""Writes docs/reference/assumptions.md: every guess that a stand-in had to decide, printed from the register (G8).

`python scripts/assumptions_page.py` rewrites the page; a house test calls `page()` and compares.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from gpic.simulators.assumptions import REGISTER, Assumption

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference" / "assumptions.md"

INTRODUCTION: Final = """# What the stand-ins assume

Printed from the register in `gpic.simulators.assumptions` by `python scripts/assumptions_page.py`; a house test keeps it
true, and sees that every switch is there.

No specification of a GP system is public, and some behaviour of PDS, MNS and ODS is not written down. Where a stand-in had
to decide, the decision stands here: the guess, the switch that decides otherwise while a sandbox runs (its first position
is the one that it starts in), and what speaks for it. A guess without a switch says why there is none. If you know better,
please tell us: the id is the name to use.
"""
HEADINGS: Final = "| id | we take it that | decided otherwise by | evidence |\n|---|---|---|---|"


def otherwise(entry: Assumption) -> str:
    """The switch and its positions, or why there is none."""
    if not entry.switch:
        return f"– ({entry.fixed})"
    return f"`{entry.switch}`: {', '.join(entry.positions)}"


def line(entry: Assumption) -> str:
    """One row of the page."""
    return f"| {entry.id} | {entry.guess} | {otherwise(entry)} | {entry.evidence} |"


def page() -> str:
    """The page as it should be."""
    tables = [
        f"## {about}\n\n{HEADINGS}\n" + "\n".join(line(entry) for entry in entries) + "\n"
        for about, entries in REGISTER.items()
    ]
    return "\n".join([INTRODUCTION, *tables])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)

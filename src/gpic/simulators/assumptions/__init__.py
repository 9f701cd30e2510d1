"""The assumptions register (G8): every guess that a stand-in had to decide, how to decide otherwise, and what speaks for it.

`scripts/assumptions_page.py` prints it.
"""

from __future__ import annotations

from typing import Final

from gpic.simulators.assumptions.both import BOTH
from gpic.simulators.assumptions.demographics import DEMOGRAPHICS
from gpic.simulators.assumptions.emis import EMIS
from gpic.simulators.assumptions.entry import Assumption
from gpic.simulators.assumptions.tpp import TPP

#: By the systems that they are about.
REGISTER: Final = {"Both GP systems": BOTH, "EMIS": EMIS, "TPP": TPP, "PDS, MNS, ODS and the mapping": DEMOGRAPHICS}
ASSUMPTIONS: Final[tuple[Assumption, ...]] = tuple(entry for entries in REGISTER.values() for entry in entries)

__all__ = ["ASSUMPTIONS", "REGISTER", "Assumption"]

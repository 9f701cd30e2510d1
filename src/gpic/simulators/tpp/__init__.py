"""TPP's patient-facing interface as far as public material shows it (`gp-systems.md` §3, §10)."""

from gpic.simulators.tpp.app import tpp_app
from gpic.simulators.tpp.switches import (
    CreatingAgain,
    EntityCoding,
    Generation,
    KeyServes,
    NationalIdAs,
    PersonFieldsAs,
    Relinking,
    TppSwitches,
)

__all__ = [
    "CreatingAgain",
    "EntityCoding",
    "Generation",
    "KeyServes",
    "NationalIdAs",
    "PersonFieldsAs",
    "Relinking",
    "TppSwitches",
    "tpp_app",
]

"""TPP's patient-facing interface as far as public material shows it (`gp-systems.md` §3, §10)."""

from gpic.simulators.tpp.app import tpp_app
from gpic.simulators.tpp.switches import EntityCoding, Generation, NationalIdAs, Relinking, TppSwitches

__all__ = ["EntityCoding", "Generation", "NationalIdAs", "Relinking", "TppSwitches", "tpp_app"]

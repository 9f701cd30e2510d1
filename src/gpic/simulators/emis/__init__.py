"""EMIS's patient-facing interface as far as public material shows it (`gp-systems.md` §2, §10)."""

from gpic.simulators.emis.app import emis_app
from gpic.simulators.emis.identity import JwksSource
from gpic.simulators.emis.switches import AlreadyLinked, EmisSwitches, Generation, RestrictedShownAs

__all__ = ["AlreadyLinked", "EmisSwitches", "Generation", "JwksSource", "RestrictedShownAs", "emis_app"]

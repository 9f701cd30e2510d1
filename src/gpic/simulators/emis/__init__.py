"""EMIS's patient-facing interface as far as public material shows it (`gp-systems.md` §2, §10)."""

from gpic.simulators.emis.app import emis_app
from gpic.simulators.emis.switches import AlreadyLinked, EmisSwitches, Generation, LiftedBy, RestrictedShownAs, SessionShape
from gpic.simulators.identity_tokens import JwksSource

__all__ = [
    "AlreadyLinked",
    "EmisSwitches",
    "Generation",
    "JwksSource",
    "LiftedBy",
    "RestrictedShownAs",
    "SessionShape",
    "emis_app",
]

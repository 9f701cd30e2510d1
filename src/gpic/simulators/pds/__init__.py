"""The Personal Demographics Service and its token server (`demographics.md` §1, §6)."""

from gpic.simulators.limits import Limit, Limits
from gpic.simulators.pds.app import pds_app
from gpic.simulators.pds.settings import DOCUMENTED, INTEGRATION, SPIKE_ARREST, PdsSettings

__all__ = ["DOCUMENTED", "INTEGRATION", "SPIKE_ARREST", "Limit", "Limits", "PdsSettings", "pds_app"]

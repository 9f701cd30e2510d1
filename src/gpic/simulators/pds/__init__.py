"""The Personal Demographics Service and its token server (`demographics.md` §1, §6)."""

from gpic.simulators.pds.app import pds_app
from gpic.simulators.pds.limits import Limit, Limits
from gpic.simulators.pds.settings import PdsSettings

__all__ = ["Limit", "Limits", "PdsSettings", "pds_app"]

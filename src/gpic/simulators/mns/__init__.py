"""A stand-in for the Multicast Notification Service (`demographics.md` §2, §6)."""

from gpic.simulators.mns.app import mns_app
from gpic.simulators.mns.exchange import Mns
from gpic.simulators.mns.settings import MnsSettings

__all__ = ["Mns", "MnsSettings", "mns_app"]

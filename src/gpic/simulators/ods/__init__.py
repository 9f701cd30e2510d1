"""A stand-in for the Organisation Data Terminology API, FHIR R4 (`demographics.md` §3)."""

from gpic.simulators.ods.app import ods_app
from gpic.simulators.ods.settings import OdsSettings

__all__ = ["OdsSettings", "ods_app"]

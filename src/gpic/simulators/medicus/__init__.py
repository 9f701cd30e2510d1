"""Medicus by our own PROVISIONAL contract, `docs/reference/medicus-contract.md` (G7); nothing here says how Medicus behaves."""

from gpic.simulators.medicus.app import medicus_app
from gpic.simulators.medicus.switches import MedicusSwitches

__all__ = ["MedicusSwitches", "medicus_app"]

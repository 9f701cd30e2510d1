"""Medicus, by a provisional contract of ours (docs/reference/medicus-contract.md)."""

"""Whose account this is, and how that was proved: contacts, codes, passwords, devices, identity checks."""

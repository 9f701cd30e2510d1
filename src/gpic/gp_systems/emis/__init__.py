"""EMIS Web."""

"""Texts that nobody can guess."""

from __future__ import annotations

import secrets


def random_text() -> str:
    """256 random bits as 43 URL-safe characters: ids, codes, tokens, cookies."""
    return secrets.token_urlsafe(32)


def random_number() -> bytes:
    """A random number of 256 bits, big-endian."""
    return secrets.token_bytes(32)

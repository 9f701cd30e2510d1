"""Texts that nobody can guess."""

from __future__ import annotations

import secrets


def random_text() -> str:
    """256 random bits as 43 URL-safe characters: ids, codes, tokens, cookies."""
    return secrets.token_urlsafe(32)

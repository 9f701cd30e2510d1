"""How log lines look; apart from what writes them, so that `--help` imports nothing for it."""

from __future__ import annotations

from enum import StrEnum


class LogFormat(StrEnum):
    """For machines, or for people."""

    JSON = "json"
    TEXT = "text"

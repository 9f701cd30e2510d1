"""The buttons: `gpic <word>`."""

from __future__ import annotations


def main() -> None:
    """The console script; imports lazily, so that a light install can say what it lacks."""

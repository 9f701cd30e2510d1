"""The buttons: `gpic <word>`."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script; imports lazily, so that a light install can say what it lacks."""
    try:
        from gpic.cli.app import app
    except ModuleNotFoundError as missing:
        sys.exit(f"gpic: the commands need the extra 'sandbox' ({missing.name} is not installed): pip install 'gpic[sandbox]'")
    app()

"""`gpic …`, whose world clock is ahead by what a file says: `with_moving_clock.py FILE WORDS…`; the file holds seconds."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gpic.cli import main
from gpic.nhs.clock import Clocks
from gpic.wiring import ground


class Ahead:
    """The machine's clock and what the file says; a file that is being written is as it was before."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ahead = timedelta()

    def now(self) -> datetime:
        """The present moment of that world."""
        text = self._file.read_text(encoding="ascii").strip()
        self._ahead = timedelta(seconds=float(text)) if text else self._ahead
        return datetime.now(UTC) + self._ahead


if __name__ == "__main__":
    clock = Ahead(Path(sys.argv[1]))
    ground.Clocks = lambda: Clocks(world=clock)  # type: ignore[attr-defined, assignment, misc] # where a process opens everything
    sys.argv = ["gpic", *sys.argv[2:]]
    main()

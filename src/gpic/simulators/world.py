"""The world. Every event changes all systems at once, so that they never contradict one another but by a lag."""

from __future__ import annotations

from collections.abc import Mapping

from gpic.simulators.practice_events import PracticeEvents
from gpic.simulators.snapshot import restore, snapshot


class World(PracticeEvents):
    """Patients, practices and systems under two clocks, in memory; one process, one event loop, no awaiting."""

    def snapshot(self) -> dict[str, object]:
        """Everything in it as plain values; `restore` takes them."""
        return snapshot(self)

    def restore(self, plain: Mapping[str, object]) -> None:
        """Become what a snapshot holds; listeners stay, time goes on. Raises SnapshotInvalid, and then nothing changes."""
        restore(self, plain)

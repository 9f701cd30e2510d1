"""A double of a subscriber's standard queue: messages come in any order, again when nobody takes them off (§2.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gpic.simulators.mns.settings import MnsSettings


@dataclass(slots=True)
class Letter:
    """One message. Times are of the clocks that the queue was given."""

    number: int
    body: bytes
    type: str
    person: str
    visible_from: datetime  #: world clock: when it arrives
    hidden_until: datetime | None = None  #: wire clock: somebody has it
    receives: int = 0

    @property
    def receipt(self) -> str:
        """What a receiver shows to take it off; a later receive has another."""
        return f"{self.number}-{self.receives}"


@dataclass(slots=True)
class Queue:
    """One queue with its dead letters."""

    settings: MnsSettings
    wire_now: Callable[[], datetime]
    world_now: Callable[[], datetime]
    letters: list[Letter] = field(default_factory=list)
    dead: list[Letter] = field(default_factory=list)
    _numbers: int = 0

    def put(self, body: bytes, type_: str = "", person: str = "", late: timedelta = timedelta()) -> None:
        """Let a message arrive, *late* from now."""
        self._numbers += 1
        self.letters.append(Letter(self._numbers, body, type_, person, self.world_now() + late))

    def receive(self, most: int) -> list[Letter]:
        """Some that are visible; each is hidden for a while, and a dead letter once it has come too often."""
        now = self.wire_now()
        here = [one for one in self.letters if self._is_visible(one, now)]
        taken: list[Letter] = []
        for letter in sorted(here, key=lambda one: one.number, reverse=self.settings.reverse):
            if letter.receives >= self.settings.most_receives:
                self._bury(letter)
            elif len(taken) < most:
                letter.receives += 1
                letter.hidden_until = now + self.settings.visibility
                taken.append(letter)
        return taken

    def take_off(self, receipt: str) -> bool:
        """Delete what was received; False where the receipt is not its latest."""
        found = next((one for one in self.letters if one.receipt == receipt), None)
        if found is not None:
            self.letters.remove(found)
        return found is not None

    def refuse(self, receipt: str) -> bool:
        """A person shall look at it: a dead letter at once."""
        found = next((one for one in self.letters if one.receipt == receipt), None)
        if found is not None:
            self._bury(found)
        return found is not None

    def due(self) -> int:
        """How many have arrived and were not taken off."""
        return sum(one.visible_from <= self.world_now() for one in self.letters)

    def _is_visible(self, letter: Letter, now: datetime) -> bool:
        return letter.visible_from <= self.world_now() and (letter.hidden_until is None or letter.hidden_until <= now)

    def _bury(self, letter: Letter) -> None:
        self.letters.remove(letter)
        self.dead.append(letter)

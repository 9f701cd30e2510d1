"""Withdrawing what is held of a person, on somebody's word and whoever else is writing (N11, N20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gpic.credentials import changes
from gpic.credentials.changes import Departure
from gpic.credentials.holding import PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, AuditRecord, Holdings, Saved
from gpic.nhs.clock import Clocks

#: Of nobody here anything is kept, so there is nothing to end.
NOTHING_HELD: Final = frozenset({State.EMPTY, State.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Withdraw:
    """An operator's word: the release ends at once, pauses after refusals too, and the next login registers anew (N11)."""

    holdings: Holdings
    clocks: Clocks

    async def run(self, person: PersonId, why: Departure = Departure.OPERATOR) -> bool:
        """True once it is withdrawn, False when there was nothing; a task under way finds its result discarded (N8)."""
        while True:
            holding = await self.holdings.load(person)
            if holding.state in NOTHING_HELD:
                return False
            record = AuditRecord(self.clocks.world.now(), person, AuditEvent.WITHDRAWN, holding.version + 1, why=why)
            if isinstance(await self.holdings.save(changes.left(holding), record), Saved):
                return True
            # Somebody saved between the look and the word: withdraw what is there now.

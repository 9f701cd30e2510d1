"""Looks over many persons, in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import People
from gpic.credentials.rounds import Passed, Place
from gpic.credentials.withdraw import NOTHING_HELD
from gpic.nhs.organisations import OdsCode
from gpic.storage.provider.memory.holdings import MemoryHoldings


@dataclass(frozen=True, slots=True)
class MemoryCensus:
    """Sorts everybody for every page: for tests and demonstrations."""

    holdings: MemoryHoldings
    people: People

    async def page(self, practices: frozenset[OdsCode], after: Place | None, size: int) -> Sequence[Passed]:
        """The next persons: who was active last comes first; an empty page is the end."""
        places = sorted([await self._place(one, practices) for one in self._concerned(practices)], key=order)
        rest = [place for place in places if after is None or order(place) > order(after)]
        return [await self._passed(place) for place in rest[:size]]

    async def count(self, practices: frozenset[OdsCode]) -> int:
        """How many persons such a round is about now."""
        return len(self._concerned(practices))

    async def unfinished(self, after: PersonId, size: int) -> Sequence[PersonId]:
        """Persons whose registration is under way, in the order of their ids."""
        under_way = (one.person for one in self.holdings.held() if one.state in {State.REGISTERING, State.UNPROVED})
        return sorted(person for person in under_way if person > after)[:size]

    def _concerned(self, practices: frozenset[OdsCode]) -> list[Holding]:
        held = [one for one in self.holdings.held() if one.state not in NOTHING_HELD]
        return [one for one in held if not practices or one.practice in practices]

    async def _place(self, holding: Holding, practices: frozenset[OdsCode]) -> Place:
        return Place(None if practices else await self.holdings.last_released_at(holding.person), holding.person)

    async def _passed(self, place: Place) -> Passed:
        holding, person = await self.holdings.load(place.person), await self.people.find(place.person)
        number = person.nhs_number if person else None
        return Passed(place, number, holding.practice, holding.supplier, holding.state, holding.registered_at)


def order(place: Place) -> tuple[float, list[int]]:
    """Releases backwards, then ids forwards; among equal moments ids go backwards, as the index does."""
    if place.released_at is None:
        return float("inf"), [ord(letter) for letter in place.person]
    return -place.released_at.timestamp(), [-ord(letter) for letter in place.person]

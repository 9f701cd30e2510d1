"""Every switch of the assumptions register does what its positions say (G8)."""

from __future__ import annotations

from typing import Any, Final

import pytest

from gpic.simulators.assumptions import ASSUMPTIONS
from tests.unit.simulators import switch_positions_demographics as demographics
from tests.unit.simulators import switch_positions_emis as emis
from tests.unit.simulators import switch_positions_tpp as tpp
from tests.unit.simulators.switch_positions import Switch
from tests.unit.simulators.town import Town

pytestmark = pytest.mark.anyio

#: Each throws at a desk of its own.
SWITCHES: Final[dict[str, Switch[Any]]] = {
    **emis.POSITIONS,
    **tpp.POSITIONS,
    **demographics.AT_PDS_AND_MNS,
    **demographics.AT_ODS,
    **demographics.OF_THE_MAPPING,
}
EVERY_POSITION: Final = [(entry, name) for entry, switch in SWITCHES.items() for name in switch.positions]


def test_every_switch_of_the_register_is_tried_at_every_position() -> None:
    """By the register's own names, in its order."""
    registered = {entry.id: list(entry.positions) for entry in ASSUMPTIONS if entry.switch}

    assert registered == {entry: list(switch.positions) for entry, switch in SWITCHES.items()}


@pytest.mark.parametrize(("entry", "position"), EVERY_POSITION)
async def test_a_position_shows(town: Town, entry: str, position: str) -> None:
    """G8: a caller sees what the position stands for."""
    switch = SWITCHES[entry]
    throw, expected = switch.positions[position]

    assert expected == await switch.look(town, throw)


@pytest.mark.parametrize("entry", SWITCHES)
def test_no_two_positions_look_alike(entry: str) -> None:
    """A switch that changes nothing decides nothing."""
    seen = [repr(expected) for _, expected in SWITCHES[entry].positions.values()]

    assert sorted(set(seen)) == sorted(seen)

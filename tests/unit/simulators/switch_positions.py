"""How a switch of the assumptions register is tried: what a caller sees at each of its positions (G8)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.unit.simulators.town import Town

Desk = TypeVar("Desk")
#: Sets the switch, or makes the event happen in the way that the position stands for.
Throw = Callable[[Desk], object]


@dataclass(frozen=True, slots=True)
class Switch(Generic[Desk]):
    """One switch. *look* prepares a town, throws, and returns what a caller then sees.

    *positions* are by name what throws them and what is seen; a switch that stands where it starts is not touched.
    """

    look: Callable[[Town, Throw[Desk]], Awaitable[object]]
    positions: Mapping[str, tuple[Throw[Desk], object]]


def as_it_starts(_: object) -> None:
    """The switch is left alone."""


def emis(**fields: object) -> Throw[Town]:
    """Throw switches of EMIS."""
    return lambda town: put(town.emis, fields)


def tpp(**fields: object) -> Throw[Town]:
    """Throw switches of TPP."""
    return lambda town: put(town.tpp, fields)


def world(**fields: object) -> Throw[Town]:
    """Throw switches of the world."""
    return lambda town: put(town.world.switches, fields)


def put(switches: object, fields: Mapping[str, object]) -> None:
    """Set fields that are there."""
    for name, value in fields.items():
        assert hasattr(switches, name)
        setattr(switches, name, value)

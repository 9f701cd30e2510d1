"""Every switch of a running sandbox by its name in the assumptions register, `EmisSwitches.generation`, read and thrown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from enum import StrEnum
from types import UnionType
from typing import Final, get_args, get_type_hints

import msgspec

from gpic.sandbox.standins import Switches
from gpic.simulators.emis import EmisSwitches
from gpic.simulators.medicus import MedicusSwitches
from gpic.simulators.mns import MnsSettings
from gpic.simulators.ods import OdsSettings
from gpic.simulators.pds import PdsSettings
from gpic.simulators.register import WorldSwitches
from gpic.simulators.tpp import TppSwitches
from gpic.simulators.world import World

#: How the sandbox wires its stand-ins; nothing that anybody guesses about.
WIRING: Final = frozenset({"names", "public_url"})

Group = WorldSwitches | EmisSwitches | TppSwitches | MedicusSwitches | PdsSettings | MnsSettings | OdsSettings


class SwitchUnknown(KeyError):
    """There is no switch of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no switch {name[:64]!a}.")

    def __str__(self) -> str:
        return str(self.args[0])


class SwitchInvalid(ValueError):
    """The switch has no such position; the message says what is wrong."""


class Switchboard:
    """All switches together. Durations are seconds, sets are sorted lists."""

    def __init__(self, world: World, switches: Switches) -> None:
        self._world = world
        self._switches = switches

    def names(self) -> tuple[str, ...]:
        """Every switch, group by group."""
        return tuple(
            f"{type(group).__name__}.{field.name}"
            for group in self._groups()
            for field in fields(group)
            if field.name not in WIRING
        )

    def read(self, name: str) -> object:
        """Where it stands, as JSON has it; raises SwitchUnknown."""
        group, field = self._find(name)
        return plain(getattr(group, field))

    def positions(self, name: str) -> tuple[str, ...]:
        """The texts that it may stand at, where these are counted; raises SwitchUnknown."""
        group, field = self._find(name)
        kind = get_type_hints(type(group))[field]
        if kind is bool:
            return ("false", "true")
        return tuple(str(one) for one in kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else ()

    def throw(self, name: str, value: object) -> None:
        """Put it elsewhere from now on; raises SwitchUnknown, SwitchInvalid."""
        group, field = self._find(name)
        kind = get_type_hints(type(group))[field]
        try:
            thrown = msgspec.convert(value, kind, strict=not _counts_time(kind))
        except (msgspec.ValidationError, OverflowError) as mistake:
            raise SwitchInvalid(f"{name}: {mistake}.") from None
        setattr(group, field, thrown)

    def all(self) -> dict[str, object]:
        """Where every switch stands."""
        return {name: self.read(name) for name in self.names()}

    def throw_all(self, positions: Mapping[str, object]) -> None:
        """Every switch as `all` read it; raises SwitchUnknown, SwitchInvalid."""
        for name, value in positions.items():
            self.throw(name, value)

    def _groups(self) -> tuple[Group, ...]:
        switches = self._switches
        return (
            self._world.switches,
            switches.emis,
            switches.tpp,
            switches.medicus,
            switches.pds,
            switches.mns,
            switches.ods,
        )

    def _find(self, name: str) -> tuple[Group, str]:
        place, _, field = name.partition(".")
        group = next((one for one in self._groups() if type(one).__name__ == place), None)
        if group is None or field in WIRING or field not in {one.name for one in fields(group)}:
            raise SwitchUnknown(name)
        return group, field


def plain(value: object) -> object:
    """As JSON has it."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, frozenset):
        return sorted((plain(one) for one in value), key=str)
    built: object = msgspec.to_builtins(value)
    return built


def _counts_time(kind: object) -> bool:
    return kind is timedelta or (isinstance(kind, UnionType) and timedelta in get_args(kind))

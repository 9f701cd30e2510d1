"""The public extension point: how a supplier's system is plugged in, ours like anybody else's (G7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Final, Protocol, TypeVar, cast

import httpx2
import msgspec

from gpic.credentials import ports as engine
from gpic.nhs.clock import Clock, SystemClock
from gpic.nhs.secret import Secret
from gpic.relying_party import ports as partner

#: The entry-point group. A name in it is a supplier's, in lower case, as the directory knows it.
GROUP: Final = "gpic.gp_systems"

O = TypeVar("O", bound=msgspec.Struct)  # noqa: E741 - options


class Adapter(engine.GpSystem, partner.GpSystem, Protocol):
    """A supplier's system as both consumers use it. Whatever it answers is one of the values of `nhs.answers`."""


class PlugUnfit(ValueError):
    """A supplier cannot be plugged in; the message is one sentence for an operator."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a plug is given: a client opened on the supplier's address, and who we are to the supplier.

    The client has the supplier's pool, bulkhead and certificates behind it; ask through `outbound.ask`.
    """

    supplier: str
    client: httpx2.AsyncClient
    address: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)  #: in the supplier's own words; secrets among them
    clock: Clock = field(default_factory=SystemClock)  #: the wire's

    def read_options(self, kind: type[O]) -> O:
        """The options as a struct of the supplier's; a field of type Secret stays hidden. Raises PlugUnfit."""
        if foreign := sorted(self.options.keys() - {one.encode_name for one in msgspec.structs.fields(kind)}):
            raise PlugUnfit(f"The supplier {self.supplier} has no option {foreign[0]}.")
        try:
            return msgspec.convert(dict(self.options), kind, strict=False, dec_hook=_secret)
        except msgspec.ValidationError as mistake:
            raise PlugUnfit(f"The options of the supplier {self.supplier} are wrong: {mistake}.") from None


#: What an entry point names: given a line, the adapter that speaks over it. It asks nothing yet.
Plug = Callable[[Line], Adapter]


def plug_of(supplier: str) -> Plug | None:
    """The supplier's plug, imported now and not before; None when none is installed. Raises PlugUnfit."""
    offered = _offered().get(supplier, ())
    if not offered:
        return None
    if len(offered) > 1:
        raise PlugUnfit(f"Several packages plug in the supplier {supplier}: {', '.join(sorted(map(_origin, offered)))}.")
    try:
        found: object = offered[0].load()
    except Exception as mistake:  # foreign code, which may fail in any way while it is imported
        raise PlugUnfit(f"The supplier {supplier} of {_origin(offered[0])} cannot be imported ({mistake!r}).") from mistake
    if not callable(found):
        raise PlugUnfit(f"What {_origin(offered[0])} offers as the supplier {supplier} cannot be called.")
    return cast("Plug", found)


def needed_plug(supplier: str) -> Plug:
    """The plug of a supplier that is configured: one that is not installed stops the start. Raises PlugUnfit."""
    plug = plug_of(supplier)
    if plug is None:
        raise PlugUnfit(f"No supplier {supplier} is installed; there are {', '.join(installed()) or 'none'}.")
    return plug


def installed() -> tuple[str, ...]:
    """The suppliers that could be plugged in, in order of their names; none of them is imported for it."""
    return tuple(sorted(_offered()))


def _offered() -> Mapping[str, tuple[EntryPoint, ...]]:
    """Entry points by supplier; one that stands there twice with the same target is one."""
    found: dict[str, dict[str, EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        found.setdefault(point.name.lower(), {})[point.value] = point
    return {supplier: tuple(points.values()) for supplier, points in found.items()}


def _origin(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value


def _secret(kind: type[object], value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError(f"an option is no {kind.__name__}")

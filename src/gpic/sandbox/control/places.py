"""Practices, systems, and how late each of them hears."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from gpic.sandbox.control import shapes
from gpic.sandbox.control.desk import Desk
from gpic.simulators.emis.app import ENDPOINTS
from gpic.simulators.happenings import Lags
from gpic.simulators.medicus.app import RESOURCES, TOKEN_OPERATION
from gpic.simulators.people import Practice
from gpic.simulators.tpp.operations import OPERATIONS

TPP_OPERATIONS: Final = (
    *(f"LinkAccount {variant}" for variant in ("retrieve", "create", "link")),
    *(name for name in OPERATIONS if name != "LinkAccount"),
)
#: Lane, role, and what the journal calls the calls that it gets.
SYSTEMS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "EMIS": ("emis", tuple(endpoint.operation for endpoint in ENDPOINTS)),
        "TPP": ("tpp", TPP_OPERATIONS),
        "MEDICUS": ("medicus", (TOKEN_OPERATION, *(f"{one.method} {one.path}" for one in RESOURCES))),
        "PDS": ("pds", (TOKEN_OPERATION, "GET Patient")),
        "MNS": ("mns", (TOKEN_OPERATION, *(f"{method} subscriptions" for method in ("GET", "POST")), "DELETE subscriptions/…")),
        "ODS": ("ods", ("GET Organization", "GET Organization?…", "GET CodeSystem/$lookup")),
    }
)


async def all_practices(desk: Desk) -> list[shapes.Practice]:
    """Every practice, closed ones included."""
    return [_practice(desk, practice) for practice in desk.stage.world.practices.values()]


async def one_practice(desk: Desk, path: Mapping[str, str]) -> shapes.Practice:
    """One practice. Raises Unheard, OdsCodeInvalid."""
    return _practice(desk, desk.stage.world.practice(path["code"]))


def _practice(desk: Desk, practice: Practice) -> shapes.Practice:
    world = desk.stage.world
    listed = {code: supplier for code, supplier, _ in world.mapping()}
    successor = next((one.successor.code for one in world.successions if one.predecessor == practice.code), "")
    return shapes.Practice(
        code=practice.code.code,
        name=practice.name,
        system=practice.supplier.value,
        listed_as=listed.get(practice.code.code, ""),
        live=practice.live,
        online=practice.online,
        closed=practice.closed_at is not None,
        successor=successor,
        patients=[patient.slug for patient in world.patients_at(practice.code.code)],
    )


async def all_systems(desk: Desk) -> list[shapes.System]:
    """Every stand-in."""
    addresses, callers = desk.stage.addresses, desk.stage.callers
    known = {
        "EMIS": set(callers.emis_applications.values()),
        "TPP": set(callers.tpp_providers.values()),
        "MEDICUS": {name for name, _ in callers.medicus_applications.values()},
    }
    return [
        shapes.System(
            name=lane,
            role=role,
            address=getattr(addresses, role),
            operations=list(operations),
            callers=sorted(known.get(lane, {"NHS login"})),
            faults=sum(one.fault.lane in {"", lane} for one in desk.stage.faults.rules()),
        )
        for lane, (role, operations) in SYSTEMS.items()
    ]


async def lags(desk: Desk) -> shapes.Lags:
    """How late each system hears."""
    now = desk.stage.world.lags
    return shapes.Lags(
        pds=now.pds.total_seconds(),
        mns=now.mns.total_seconds(),
        ods=now.ods.total_seconds(),
        directory=now.directory.total_seconds(),
    )


async def set_lags(desk: Desk, _: Mapping[str, str], new: shapes.Lags) -> shapes.Lags:
    """From the next event on."""
    seconds = (new.pds, new.mns, new.ods, new.directory)
    desk.stage.world.lags = Lags(*(timedelta(seconds=one) for one in seconds))
    desk.stream.tell("lags")
    return await lags(desk)

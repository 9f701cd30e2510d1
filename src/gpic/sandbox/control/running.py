"""The sandbox itself: what runs, who is registered, and how it begins anew."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from msgspec import UNSET, structs

from gpic.provider.clients import Client
from gpic.provider.registration import Entry
from gpic.sandbox.control import knobs, shapes
from gpic.sandbox.control.desk import Desk
from gpic.sandbox.residents import CODE, PASSWORD
from gpic.sandbox.script import CLIENT_ID
from gpic.sandbox.surgeries import PARTNER as SAMPLE
from gpic.sandbox.surgeries import options_for, options_of

SUPPLIERS = ("emis", "tpp", "medicus")


class PartnerUnknown(KeyError):
    """There is no partner of this client id."""

    def __str__(self) -> str:
        return str(self.__doc__)


class PartnerTaken(ValueError):
    """This client id belongs to the sample partner."""

    def __str__(self) -> str:
        return str(self.__doc__)


async def sandbox(desk: Desk) -> shapes.Sandbox:
    """What is running."""
    ground, stage = desk.theatre.ground, desk.stage
    public = {name: getattr(stage.addresses, name) for name in ground.script.roles}
    return shapes.Sandbox(
        version=version("gpic"),
        acts=desk.theatre.acts,
        seed=ground.script.seed,
        addresses=public,
        scripted_sign_in=ground.script.scripted_sign_in,
        password=PASSWORD,
        code=CODE,
        authority=str(stage.authority or ""),
        clock=await knobs.clock(desk),
    )


async def settle(desk: Desk) -> shapes.Clock:
    """Wait until NHS login has nothing left to do that is due, and MNS has delivered."""
    await desk.stage.settled()
    return await knobs.clock(desk)


async def reset(desk: Desk) -> shapes.Sandbox:
    """Everything as it was at the start; addresses, keys, registered partners and snapshots stay."""
    await desk.theatre.reset()
    return await sandbox(desk)


async def all_snapshots(desk: Desk) -> list[shapes.Snapshot]:
    """What was kept, to come back to."""
    return [_snapshot(desk, name) for name in desk.theatre.snapshots]


async def take_snapshot(desk: Desk, path: Mapping[str, str]) -> shapes.Snapshot:
    """Keep everything, under this name. Raises SnapshotRefused."""
    await desk.theatre.snapshot(path["name"])
    desk.stream.tell("snapshots", path["name"])
    return _snapshot(desk, path["name"])


async def restore(desk: Desk, path: Mapping[str, str]) -> shapes.Sandbox:
    """Go back to a snapshot. Raises SnapshotUnknown."""
    await desk.theatre.restore(path["name"])
    return await sandbox(desk)


async def forget_snapshot(desk: Desk, path: Mapping[str, str]) -> None:
    """Keep it no longer. Raises SnapshotUnknown."""
    desk.theatre.forget(path["name"])
    desk.stream.tell("snapshots", path["name"])


def _snapshot(desk: Desk, name: str) -> shapes.Snapshot:
    kept = desk.theatre.snapshots[name]
    return shapes.Snapshot(name=name, world_at=kept.world_at, wire_at=kept.wire_at)


async def all_partners(desk: Desk) -> list[shapes.Partner]:
    """Every partner that NHS login knows."""
    return [_partner(desk, client) for client in await desk.stage.nhs_login.cabinets.clients.all()]


async def one_partner(desk: Desk, path: Mapping[str, str]) -> shapes.Partner:
    """One partner. Raises PartnerUnknown."""
    client = await desk.stage.nhs_login.cabinets.clients.get(path["client_id"])
    if client is None:
        raise PartnerUnknown(path["client_id"])
    return _partner(desk, client)


async def register_partner(desk: Desk, path: Mapping[str, str], new: shapes.NewPartner) -> shapes.Partner:
    """Register somebody's own service, or change it. Raises RegistrationInvalid, PartnerTaken."""
    client_id = path["client_id"]
    if client_id == CLIENT_ID:
        raise PartnerTaken(client_id)
    entry = Entry(
        client_id=client_id,
        name=new.name,
        redirect_uris=new.redirect_uris,
        scopes=new.scopes,
        keys=new.keys,
        im1_enabled=new.im1_enabled,
    )
    if new.vectors is not UNSET:
        entry = structs.replace(entry, vectors=new.vectors)
    client = await desk.theatre.register(entry)
    desk.stream.tell("partners", client_id)
    return _partner(desk, client)


def _partner(desk: Desk, client: Client) -> shapes.Partner:
    addresses = desk.stage.addresses
    options = options_of(SAMPLE) if client.client_id == CLIENT_ID else options_for(client.client_id)
    return shapes.Partner(
        client_id=client.client_id,
        name=client.name,
        redirect_uris=sorted(client.redirect_uris),
        scopes=sorted(client.scopes),
        im1_enabled=client.im1_enabled,
        disabled=client.disabled,
        issuer=addresses.provider,
        gp_systems={name: shapes.Line(address=getattr(addresses, name), options=dict(options[name])) for name in SUPPLIERS},
        practices={code: supplier.lower() for code, supplier, _ in desk.stage.world.mapping()},
    )

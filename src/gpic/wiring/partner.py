"""The partner kit, put together; nothing of the server comes with it."""

from __future__ import annotations

from pathlib import Path

import httpx2

from gpic.nhs.clock import Clocks
from gpic.outbound import open_client
from gpic.relying_party.party import RelyingParty
from gpic.relying_party.policy import RelyingPartySettings
from gpic.relying_party.ports import GpSystems
from gpic.storage.partner.memory import memory_cabinets
from gpic.storage.partner.sqlite import sqlite_cabinets
from gpic.storage.sealing import Sealer, keys_from_file


def partner(
    settings: RelyingPartySettings,
    gp_systems: GpSystems,
    *,
    database: Path | None = None,
    sealing_keys: Path | None = None,
    client: httpx2.AsyncClient | None = None,
    clocks: Clocks | None = None,
) -> RelyingParty:
    """A partner that keeps its linkages in *database*, or in memory where none is named.

    *sealing_keys* is a key file, by default beside the database and made where it is missing. *client* speaks to NHS login;
    without one, the partner opens its own. `RelyingParty.close` closes it.
    """
    if database is None:
        cabinets = memory_cabinets()
    else:
        keys = sealing_keys or database.with_suffix(".keys")
        cabinets = sqlite_cabinets(database, Sealer(*keys_from_file(keys, create=sealing_keys is None)))
    return RelyingParty(
        settings,
        client=client or open_client(settings.issuer),
        gp_systems=gp_systems,
        cabinets=cabinets,
        clocks=clocks,
    )

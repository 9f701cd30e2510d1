"""What a provider's and a worker's process stand on alike: the store, the GP systems, PDS, and the keys."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from gpic.credentials.holding import PersonId
from gpic.demographics.access import AccessTokens
from gpic.demographics.pds.client import PdsClient
from gpic.demographics.turns import Pace, Turns
from gpic.gp_systems.mapping import MappingInvalid
from gpic.gp_systems.mapping_file import FileUnreadable
from gpic.jobs.pace_table import PaceTable
from gpic.jose.errors import KeyInvalid
from gpic.jose.keys import SigningKey
from gpic.jose.sign import Claim, sign
from gpic.monitoring.counted import CountedAlarms, CountedCodes, CountedHoldings, CountedPace, CountedPds, CountedSurgeries
from gpic.monitoring.watch import Watch
from gpic.nhs.clock import Clocks
from gpic.outbound import open_client
from gpic.provider.shared_keys import SharedKeys
from gpic.settings import SettingsInvalid
from gpic.storage.provider import postgres
from gpic.storage.provider.cabinets import Cabinets
from gpic.web.pages import JinjaPages
from gpic.wiring.cabinets import Store, opened
from gpic.wiring.gp_systems import GpSystemsSettings, Surgeries, surgeries
from gpic.wiring.process_file import ProcessFile
from gpic.wiring.production import is_production, refuse_what_is_not_for_production
from gpic.wiring.provider import Surroundings

LOG: Final = logging.getLogger("gpic.worker")
#: How long background work waits for a free turn at PDS before it says "no answer" and comes again.
BACKGROUND_PATIENCE: Final = timedelta(seconds=30)


class LoggedAlarms:
    """Writes alarms into the log, where an operator's alerting reads them."""

    def wrong_patient(self, person: PersonId) -> None:
        """A GP system showed another patient."""
        LOG.critical("wrong patient shown", extra={"person": person})


@dataclass(slots=True)
class KeyFile:
    """A private key in PEM that signs, and may be replaced while we run. Raises SettingsInvalid."""

    path: Path
    key: SigningKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = key_in(self.path)

    async def read_again(self) -> None:
        """Sign with what the file holds now. Raises SettingsInvalid, and the last key signs on."""
        self.key = key_in(self.path)

    def sign(self, claims: dict[str, str | int]) -> str:
        """A JWT."""
        told: dict[str, Claim] = {**claims}
        return sign(told, self.key)


@dataclass(frozen=True, slots=True)
class Ground:
    """All of it."""

    store: Store
    systems: Surgeries
    keys: SharedKeys
    pds_key: KeyFile
    around: Surroundings


@contextlib.asynccontextmanager
async def ground(file: ProcessFile, watch: Watch) -> AsyncIterator[Ground]:
    """Opened as the file says, closed at the end. Raises SettingsInvalid, StorageUnusable and what the mapping raises."""
    clocks = Clocks()
    refuse_what_is_not_for_production(file)
    async with contextlib.AsyncExitStack() as stack:
        store = stack.enter_context(opened(file.settings.storage, clocks, makes_keys=not is_production(file)))
        systems = await _systems(file, clocks, stack)
        keys = await SharedKeys.opened(store.cabinets.signing_keys, file.settings.provider, clocks.wire)
        pds_key = KeyFile(Path(file.pds.key_file))
        urgent, patient = await _pds(file, pds_key, _turns(file, store, watch), clocks, stack)
        around = Surroundings(
            cabinets=counted(store.cabinets, file, watch, clocks),
            queue=store.queue,
            rounds=store.rounds,
            backlog=store.backlog,
            keys=keys,
            pds=CountedPds(urgent, watch),
            surgeries=CountedSurgeries(systems.for_engine(), watch),
            alarms=CountedAlarms(LoggedAlarms(), watch.meters),
            pages=JinjaPages(),
            clocks=clocks,
            pauses=store.pauses,
            pds_in_background=CountedPds(patient, watch),
        )
        yield Ground(store, systems, keys, pds_key, around)


async def _systems(file: ProcessFile, clocks: Clocks, stack: contextlib.AsyncExitStack) -> Surgeries:
    mapping = Path(file.practices.mapping)
    interfaces = {supplier: table.interface() for supplier, table in file.gp_systems.items()}
    try:
        return await stack.enter_async_context(surgeries(GpSystemsSettings(mapping, interfaces), clocks))
    except (FileUnreadable, MappingInvalid) as mistake:
        raise SettingsInvalid(f"The practice mapping {mapping} cannot be used: {mistake}.") from None


def counted(cabinets: Cabinets, file: ProcessFile, watch: Watch, clocks: Clocks) -> Cabinets:
    """The cabinets, with logins and claims counted."""
    too_soon = file.settings.credentials.forced_after_release
    return replace(
        cabinets,
        codes=CountedCodes(cabinets.codes, watch.meters),
        holdings=CountedHoldings(cabinets.holdings, watch.meters, clocks.world, too_soon),
    )


def _turns(file: ProcessFile, store: Store, watch: Watch) -> Pace:
    """PDS's limit, which all processes on all hosts share."""
    units = postgres.beside(store.database) if file.settings.storage.is_postgres else store.database
    return CountedPace(PaceTable(units, "pds", timedelta(seconds=1 / file.pds.per_second)), watch.meters)


async def _pds(
    file: ProcessFile, key: KeyFile, pace: Pace, clocks: Clocks, stack: contextlib.AsyncExitStack
) -> tuple[PdsClient, PdsClient]:
    """PDS for whoever waits, and for the background: one token, one limit, two lanes (N20)."""
    table = file.pds
    line = await stack.enter_async_context(open_client(table.address))
    tokens = AccessTokens(line, table.token_url, table.api_key, key.sign, clock=clocks.wire)
    urgent = Turns(pace, urgent=True, patience=table.patience)
    patient = Turns(pace, urgent=False, patience=BACKGROUND_PATIENCE)
    return (
        PdsClient(line, tokens, turns=urgent, clock=clocks.world),
        PdsClient(line, tokens, turns=patient, clock=clocks.world),
    )


def key_in(path: Path) -> SigningKey:
    """A private key in PEM. Raises SettingsInvalid, which never quotes it."""
    try:
        return SigningKey.from_pem(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError, KeyInvalid) as mistake:
        raise SettingsInvalid(f"The key file {path} cannot be used: {type(mistake).__name__}.") from None

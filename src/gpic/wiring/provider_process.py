"""A provider's process, put together: protocol and pages on an HTTP server of their own, as its settings file says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gpic.delivery.file_courier import FileCourier
from gpic.delivery.http_courier import HttpCourier
from gpic.monitoring import health
from gpic.monitoring.health import Health
from gpic.monitoring.requests import WatchedRequests
from gpic.outbound import open_client
from gpic.provider.identity.ports import Courier
from gpic.provider.policy import Environment
from gpic.settings import SettingsInvalid
from gpic.storage.sealing import Sealer
from gpic.web.form_tokens import FormTokens
from gpic.wiring.front import Outside, front
from gpic.wiring.ground import ground
from gpic.wiring.observing import doors_beside, readings_of, watching
from gpic.wiring.process_file import CourierTable, ListenTable, ProcessFile
from gpic.wiring.reloading import things_read_again
from gpic.wiring.running import CurrentMapping, Reading, Runs
from gpic.wiring.serving import Served, served
from gpic.wiring.worker import working


@dataclass(frozen=True, slots=True)
class ProviderProcess:
    """What runs, and the front door among it."""

    front: Served
    running: tuple[Runs, ...]


@contextlib.asynccontextmanager
async def put_together(file: ProcessFile, again: asyncio.Event, *, with_worker: bool = False) -> AsyncIterator[ProviderProcess]:
    """A provider that reads its files anew whenever *again* is set, with the engine's hands in the same process if wanted.

    Raises SettingsInvalid, StorageUnusable and what the mapping raises.
    """
    async with contextlib.AsyncExitStack() as stack:
        courier = await courier_of(file, stack)
        watch = stack.enter_context(watching(file, "provider"))
        standing = await stack.enter_async_context(ground(file, watch))
        mapping = CurrentMapping(standing.systems.file)
        hands: tuple[Runs, ...] = ()
        if with_worker:
            mapping, hands = await working(file, standing, watch, stack)
        ready = Health(standing.store.ask)
        outside = Outside(courier, forms_of(standing.store.sealer), more=tuple(health.routes(ready)))
        app = WatchedRequests(front(file.settings, standing.around, outside), watch)
        door = served(app, file.listen, ready)
        beside = doors_beside(file.monitoring.provider, watch, ready, readings_of(standing) if with_worker else ())
        things = things_read_again(file, standing, mapping)
        things["certificate"] = partial(take_certificate, door, file.listen)
        yield ProviderProcess(door, (*hands, standing.keys, mapping, Reading(things, again), door, *beside))


async def courier_of(file: ProcessFile, stack: contextlib.AsyncExitStack) -> Courier:
    """Who brings letters, and so one-time codes, to people. Raises SettingsInvalid."""
    table = file.courier
    match (bool(table.address), bool(table.file)):
        case (True, False):
            return await _by_http(table, stack)
        case (False, True) if file.settings.provider.environment is Environment.SANDPIT:
            return FileCourier(Path(table.file))
        case (False, True):
            raise SettingsInvalid("courier.file is for the sandpit; elsewhere codes are sent: set courier.address.")
        case _:
            raise SettingsInvalid("One of courier.address and courier.file says how one-time codes reach people.")


async def _by_http(table: CourierTable, stack: contextlib.AsyncExitStack) -> Courier:
    if not table.address.startswith(("https://", "http://")):
        raise SettingsInvalid("courier.address is an https:// address.")
    token = Path(table.token_file) if table.token_file else None
    if token is not None and not token.is_file():
        raise SettingsInvalid(f"There is no file {token}, which courier.token_file names.")
    return HttpCourier(await stack.enter_async_context(open_client(table.address)), token)


def forms_of(sealer: Sealer) -> FormTokens:
    """Marks of forms that every host accepts, since all have the same sealing keys."""
    current, *former = (bytes.fromhex(one) for one in sealer.keyed_hashes("forms", "form-tokens"))
    return FormTokens(current, tuple(former))


async def take_certificate(door: Served, table: ListenTable) -> None:
    """Show what the files hold now to whoever connects from here on. Raises OSError."""
    if door.server.config.ssl is not None:
        door.server.config.ssl.load_cert_chain(table.certificate, table.key)

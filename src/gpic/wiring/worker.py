"""A worker, put together: the engine on the provider's store, PDS, MNS and the GP systems."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from gpic.credentials.changes import Departure
from gpic.credentials.rounds import Walker
from gpic.credentials.shares import Shares
from gpic.demographics.mns.consumer import Consumer, Feed
from gpic.gp_systems.directory import Reloaded
from gpic.jobs.postgres_bell import PostgresBell
from gpic.monitoring.health import Health
from gpic.monitoring.watch import Watch
from gpic.outbound import open_client
from gpic.storage.provider.sql.chaining import TrailChain
from gpic.wiring.background_sealing import BackgroundSealing
from gpic.wiring.ground import Ground, ground
from gpic.wiring.observing import doors_beside, readings_of, watching
from gpic.wiring.process_file import MnsTable, ProcessFile
from gpic.wiring.provider import keeper
from gpic.wiring.provider import worker as engine
from gpic.wiring.reloading import things_read_again
from gpic.wiring.running import CurrentMapping, Reading, Runs


@dataclass(frozen=True, slots=True)
class SystemRounds:
    """Begins a round wherever a practice's system has changed (N19)."""

    walker: Walker

    async def begin(self, told: Reloaded) -> None:
        """One round for each practice."""
        for practice in sorted(told.changed):
            await self.walker.begin(f"system-{practice}", frozenset({practice}), why=Departure.SYSTEM_CHANGED)


@contextlib.asynccontextmanager
async def put_together(file: ProcessFile, again: asyncio.Event) -> AsyncIterator[tuple[Runs, ...]]:
    """Everything that a worker process runs; it reads its files anew whenever *again* is set.

    Raises SettingsInvalid, StorageUnusable and what the mapping raises.
    """
    async with contextlib.AsyncExitStack() as stack:
        watch = stack.enter_context(watching(file, "worker"))
        standing = await stack.enter_async_context(ground(file, watch))
        mapping, running = await working(file, standing, watch, stack)
        reading = Reading(things_read_again(file, standing, mapping), again)
        beside = doors_beside(file.monitoring.worker, watch, Health(standing.store.ask), readings_of(standing))
        yield (*running, standing.keys, mapping, reading, *beside)


async def working(
    file: ProcessFile, standing: Ground, watch: Watch, stack: contextlib.AsyncExitStack
) -> tuple[CurrentMapping, tuple[Runs, ...]]:
    """The engine's hands, and the mapping that tells them of practices whose system has changed."""
    around, store = standing.around, standing.store
    keeping = keeper(file.settings, around)
    hands = engine(file.settings, around)
    cabinets, most = around.cabinets, file.worker.of_one_supplier
    world = around.clocks.world
    shares = Shares(cabinets.holdings, cabinets.people, around.surgeries, world, most, asyncio.sleep, time.monotonic)
    running: list[Runs] = [
        replace(
            hands,
            carry=watch.tasks(shares.tasks(hands.carry)),
            concurrency=file.worker.at_once,
            for_logins=file.worker.for_logins,
            lease=file.worker.lease,
        ),
        keeping,
        TrailChain(store.database),
        BackgroundSealing(store.database, store.sealer),
    ]
    if file.settings.storage.is_postgres:
        running.append(PostgresBell(file.settings.storage.database, store.queue.bell))
    if file.mns is not None:
        feed = await _feed(file.mns, stack)
        running.append(Consumer(feed, store.cabinets.accounts.person_of, store.queue, around.clocks))
    return CurrentMapping(standing.systems.file, SystemRounds(keeping.walker).begin), tuple(running)


async def _feed(table: MnsTable, stack: contextlib.AsyncExitStack) -> Feed:
    if table.feed:
        from gpic.demographics.mns.feed import HttpFeed

        return HttpFeed(await stack.enter_async_context(open_client(table.feed)), table.queue, wait=2.0)
    from gpic.demographics.mns.sqs import SqsFeed, open_sqs  # boto3 takes a second to import, and only this needs it

    client = open_sqs(table.region)
    stack.callback(client.close)
    return SqsFeed(client, table.queue_url)

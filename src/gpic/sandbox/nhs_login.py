"""NHS login's role in a sandbox: the provider on SQLite, its pages, and a worker beside it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, func, or_, select, update
from starlette.applications import Starlette

from gpic.credentials.changes import Departure
from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Pds, Surgeries
from gpic.credentials.rounds import Course, Walker
from gpic.demographics.mns.consumer import Consumer, Feed
from gpic.gp_systems.directory import Reloaded
from gpic.jobs.backlog import TableBacklog
from gpic.jobs.lease_table import LeaseTable
from gpic.jobs.pauses import PauseTable
from gpic.jobs.rounds_table import RoundsTable
from gpic.jobs.tables import RUNNING, WAITING, jobs, rounds
from gpic.jobs.worker import Worker
from gpic.jose.keys import SigningKey
from gpic.nhs.clock import Clocks, to_microseconds
from gpic.provider.authorize.leniencies import CountedLeniencies
from gpic.provider.policy import ProviderPolicy
from gpic.provider.shared_keys import SharedKeys
from gpic.sandbox import identity_checks
from gpic.sandbox.announced import AnnouncedHoldings, RemarkedLeniencies
from gpic.sandbox.identity_checks import OneClickChecks
from gpic.sandbox.post import Post
from gpic.sandbox.residents import CODE
from gpic.sandbox.scripted_sign_in import ScriptedSignIn
from gpic.settings import Settings
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql.chaining import TrailChain
from gpic.storage.provider.sqlite import cabinets_on, open_database
from gpic.storage.sealing import Sealer, keys_from_file
from gpic.web.form_tokens import FormTokens
from gpic.web.pages import JinjaPages
from gpic.web.rendering import Rendering
from gpic.wiring.front import Outside, front
from gpic.wiring.provider import Surroundings, keeper, worker

LOG: Final = logging.getLogger("gpic.sandbox")
#: How soon the worker notices that the world clock was moved.
POLL: Final = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class LoudAlarms:
    """Writes alarms into the log, and keeps them for whoever looks."""

    raised: list[PersonId] = field(default_factory=list)

    def wrong_patient(self, person: PersonId) -> None:
        """A GP system showed another patient."""
        self.raised.append(person)
        LOG.error("wrong patient shown", extra={"person": person})


@dataclass(frozen=True, slots=True)
class NhsLogin:
    """The role as it runs."""

    app: Starlette
    cabinets: Cabinets
    database: Database
    worker: Worker
    keys: SharedKeys  #: what it signs with
    alarms: LoudAlarms
    clocks: Clocks
    leniencies: CountedLeniencies  #: what the real NHS login would refuse
    scripted: ScriptedSignIn  #: whom a `login_hint` signs in without a page; nobody at first
    walker: Walker  #: of rounds over many persons
    holdings: AnnouncedHoldings  #: those of the cabinets, which tell who listens
    policy: ProviderPolicy
    post: Post  #: what it wrote to people
    checks: OneClickChecks  #: who compares photos
    _begun: set[asyncio.Task[bool]] = field(default_factory=set)

    @contextlib.asynccontextmanager
    async def following(self, feed: Feed, hang_up: Callable[[], None]) -> AsyncIterator[Consumer]:
        """Follow MNS while the block runs (N18); *hang_up* ends the wait for messages that do not come."""
        consumer, stop = (
            Consumer(feed, self.cabinets.accounts.person_of, LeaseTable(self.database), self.clocks),
            asyncio.Event(),
        )
        task = asyncio.create_task(consumer.run(stop), name="MNS")
        try:
            yield consumer
        finally:
            stop.set()
            hang_up()
            await task

    def systems_changed(self, told: Reloaded) -> None:
        """A reload of the directory shows other systems: everybody there is followed (N19)."""
        for practice in sorted(told.changed, key=str):
            beginning = self.walker.begin(f"system-{practice}", frozenset({practice}), why=Departure.SYSTEM_CHANGED)
            task = asyncio.create_task(beginning)
            self._begun.add(task)
            task.add_done_callback(self._begun.discard)

    async def settled(self) -> None:
        """Wait until no task is due or runs, and no round is under way."""
        await asyncio.gather(*self._begun)
        while await self.database.look(self._busy):  # noqa: ASYNC110 - the queue is a table; nothing rings when it is empty
            await asyncio.sleep(0.01)

    def _busy(self, connection: Connection) -> int:
        due = (jobs.c.state == WAITING) & (jobs.c.due <= to_microseconds(self.clocks.world.now()))
        busy = select(func.count()).select_from(jobs).where(or_(due, jobs.c.state == RUNNING))
        walked = select(func.count()).select_from(rounds).where(rounds.c.course == Course.UNDER_WAY.value)
        return int(connection.execute(busy).scalar_one()) + int(connection.execute(walked).scalar_one())


@contextlib.asynccontextmanager
async def nhs_login(
    folder: Path, settings: Settings, *, key: SigningKey, pds: Pds, surgeries: Surgeries, clocks: Clocks
) -> AsyncIterator[NhsLogin]:
    """The role with its database in *folder*; the worker runs while the block does, and drains at the end."""
    database = await _opened(folder / "provider.sqlite")
    plain = cabinets_on(database, Sealer(*keys_from_file(folder / "provider.keys", create=True)), clocks)
    holdings = AnnouncedHoldings(plain.holdings)
    cabinets = replace(plain, holdings=holdings)
    keys = await SharedKeys.opened(cabinets.signing_keys, settings.provider, clocks.wire, lambda: key)
    alarms, leniencies, post, checks = LoudAlarms(), RemarkedLeniencies(), Post(), OneClickChecks(settings.provider.issuer)
    scripted = ScriptedSignIn(cabinets.accounts, cabinets.consents, clocks)
    around = Surroundings(
        cabinets=cabinets,
        queue=LeaseTable(database),
        rounds=RoundsTable(database),
        backlog=TableBacklog(database),
        keys=keys,
        pds=pds,
        surgeries=surgeries,
        alarms=alarms,
        pages=JinjaPages(),
        clocks=clocks,
        without_pages=scripted,
        leniencies=leniencies,
        pauses=PauseTable(database),
    )
    keeping, working = keeper(settings, around, pause=POLL), worker(settings, around, poll=POLL)
    role = NhsLogin(
        front(settings, around, _outside(post, checks, settings)),
        cabinets,
        database,
        working,
        keys,
        alarms,
        clocks,
        leniencies,
        scripted,
        keeping.walker,
        holdings,
        settings.provider,
        post,
        checks,
    )
    with contextlib.closing(cabinets):
        async with at_work(working, keeping, TrailChain(database), keys):
            yield role


async def _opened(path: Path) -> Database:
    """Ours is the only worker: a lease that was kept with the database is of nobody, and would be waited for for minutes."""
    database = open_database(path)
    await database.unit(_let_go)
    return database


def _let_go(connection: Connection) -> None:
    for table in (jobs, rounds):
        connection.execute(update(table).where(table.c.leased_until > 0).values(leased_until=0))


def _outside(post: Post, checks: OneClickChecks, settings: Settings) -> Outside:
    page = identity_checks.routes(checks, Rendering(settings.provider.is_secure))
    return Outside(post, FormTokens(secrets.token_bytes(32)), checks, lambda: CODE, tuple(page))


class Runs(Protocol):
    """Something that goes on until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Go on until *stop* is set."""
        ...


@contextlib.asynccontextmanager
async def at_work(*running: Runs) -> AsyncIterator[None]:
    """Everything that works in the background while the block does; each finishes what it has in its hands."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(one.run(stop), name=type(one).__name__) for one in running]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)

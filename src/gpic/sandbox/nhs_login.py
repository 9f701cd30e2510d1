"""NHS login's role in a sandbox: the provider on SQLite, its pages, and a worker beside it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, func, or_, select
from starlette.applications import Starlette

from gpic.credentials.holding import PersonId
from gpic.credentials.ports import Pds, Surgeries
from gpic.jobs.lease_table import LeaseTable
from gpic.jobs.tables import RUNNING, WAITING, jobs
from gpic.jobs.worker import Worker
from gpic.jose.keys import KeyRing, SigningKey
from gpic.nhs.clock import Clocks, to_microseconds
from gpic.provider import endpoints
from gpic.provider.sign_in import SignIn
from gpic.sandbox.residents import FixedCodes
from gpic.settings import Settings
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.database import Database
from gpic.storage.provider.sql.chaining import TrailChain
from gpic.storage.provider.sqlite import cabinets_on, open_database
from gpic.storage.sealing import Sealer, keys_from_file
from gpic.web import pages
from gpic.web.failures import failures
from gpic.web.form_tokens import FormTokens
from gpic.web.pages import JinjaPages
from gpic.wiring.provider import Surroundings, protocol, worker

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
    alarms: LoudAlarms
    clocks: Clocks

    async def settled(self) -> None:
        """Wait until no task is due or runs."""
        while await self.database.look(self._busy):  # noqa: ASYNC110 - the queue is a table; nothing rings when it is empty
            await asyncio.sleep(0.01)

    def _busy(self, connection: Connection) -> int:
        due = (jobs.c.state == WAITING) & (jobs.c.due <= to_microseconds(self.clocks.world.now()))
        busy = select(func.count()).select_from(jobs).where(or_(due, jobs.c.state == RUNNING))
        return int(connection.execute(busy).scalar_one())


@contextlib.asynccontextmanager
async def nhs_login(
    folder: Path, settings: Settings, *, key: SigningKey, pds: Pds, surgeries: Surgeries, clocks: Clocks
) -> AsyncIterator[NhsLogin]:
    """The role with its database in *folder*; the worker runs while the block does, and drains at the end."""
    database = open_database(folder / "provider.sqlite")
    cabinets = cabinets_on(database, Sealer(*keys_from_file(folder / "provider.keys", create=True)), clocks)
    alarms = LoudAlarms()
    around = Surroundings(
        cabinets=cabinets,
        queue=LeaseTable(database),
        keys=KeyRing(key),
        pds=pds,
        surgeries=surgeries,
        alarms=alarms,
        pages=JinjaPages(),
        clocks=clocks,
    )
    provider = protocol(settings, around)
    desk = pages.PageDesk(provider.authorize, SignIn(cabinets.accounts, FixedCodes()), FormTokens(secrets.token_bytes(32)))
    app = Starlette(
        routes=[*endpoints.routes(provider), *pages.routes(desk)], exception_handlers=dict(failures(desk.rendering))
    )
    role = NhsLogin(app, cabinets, database, worker(settings, around, poll=POLL), alarms, clocks)
    stop = asyncio.Event()
    working = (
        asyncio.create_task(role.worker.run(stop), name="worker"),
        asyncio.create_task(TrailChain(database).run(stop), name="audit chain"),
    )
    try:
        yield role
    finally:
        stop.set()
        await asyncio.gather(*working)
        cabinets.close()

"""A worker of the engine that kills itself at the n-th call of one of its ports, before it or after it.

Its one argument is a JSON file (see `crashes.Plan`). It works until nothing is left to do, and says `settled` with how often
each port was called.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from inspect import isawaitable
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select

from gpic.credentials.policy import CredentialsPolicy
from gpic.credentials.ports import Surgery
from gpic.gp_systems.directory import Directory, EngineSurgeries
from gpic.gp_systems.plugs import Line, needed_plug
from gpic.jobs.backlog import TableBacklog
from gpic.jobs.lease_table import LeaseTable
from gpic.jobs.rounds_table import RoundsTable
from gpic.jobs.tables import RUNNING, WAITING, jobs
from gpic.jobs.worker import Worker
from gpic.jose.keys import KeyRing, SigningKey
from gpic.nhs.clock import Clocks, to_microseconds
from gpic.outbound import open_client
from gpic.provider.policy import ProviderPolicy
from gpic.sandbox.nhs_login import LoudAlarms
from gpic.sandbox.surgeries import NHS_LOGIN, options_of, pds_of
from gpic.settings import Settings
from gpic.storage.provider import postgres, sqlite
from gpic.storage.provider.database import Database
from gpic.storage.provider.sqlite import cabinets_on
from gpic.storage.sealing import Sealer
from gpic.web.pages import JinjaPages
from gpic.wiring.provider import Surroundings, worker

LEASE = timedelta(seconds=1)


@dataclass
class Tripwire:
    """Counts the calls of every port, and kills this process at one of them."""

    port: str
    at: int
    when: str
    calls: Counter[str] = field(default_factory=Counter)

    def around(self, port: Any, name: str) -> Any:
        """The same port, with the wire across its door."""
        return Wired(port, name, self)

    def before(self, name: str) -> bool:
        """A call begins; whether it is the deadly one."""
        self.calls[name] += 1
        deadly = (name, self.calls[name]) == (self.port, self.at)
        if deadly and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        return deadly

    def after(self, *, deadly: bool) -> None:
        """A call has ended."""
        if deadly:
            os.kill(os.getpid(), signal.SIGKILL)


class Wired:
    """A port whose every call goes over the wire."""

    def __init__(self, port: Any, name: str, wire: Tripwire) -> None:
        self._port, self._name, self._wire = port, name, wire

    def __getattr__(self, name: str) -> Any:
        """A method of the port, or what it has besides."""
        found = getattr(self._port, name)
        return self._wired(found) if callable(found) else found

    def _wired(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def called(*words: Any, **named: Any) -> Any:
            deadly = self._wire.before(self._name)
            answer = method(*words, **named)
            if isawaitable(answer):
                return self._awaited(answer, deadly=deadly)
            self._wire.after(deadly=deadly)
            return answer

        return called

    async def _awaited(self, answer: Awaitable[Any], *, deadly: bool) -> Any:
        found = await answer
        self._wire.after(deadly=deadly)
        return found


@dataclass(frozen=True)
class WiredSurgeries:
    """The directory is a local look; the systems behind it are wired."""

    surgeries: EngineSurgeries
    wire: Tripwire

    def system_of(self, practice: Any) -> Surgery | None:
        """The practice's system."""
        found = self.surgeries.system_of(practice)
        return Surgery(found.supplier, self.wire.around(found.system, "gp-system")) if found else None


def opened(address: str) -> tuple[Database, Any]:
    """The database, and the units that the queue works in."""
    if address.startswith("postgresql:"):
        database = postgres.open_database(address)
        return database, postgres.beside(database)
    database = sqlite.open_database(address)
    return database, database


def put_together(plan: dict[str, Any], database: Database, units: Any) -> tuple[Worker, Tripwire]:
    """A worker whose every port is wired."""
    clocks = Clocks()
    wire = Tripwire(plan["port"], plan["at"], plan["when"])
    cabinets = cabinets_on(database, Sealer({"k1": bytes(32)}, "k1"), clocks)
    lines = {supplier: open_client(address) for supplier, address in plan["systems"].items()}
    systems = {
        supplier: needed_plug(supplier)(Line(supplier, client, str(client.base_url), options_of(NHS_LOGIN)[supplier]))
        for supplier, client in lines.items()
    }
    surgeries = EngineSurgeries(Directory.from_csv(plan["mapping"]), systems)
    pds = pds_of(
        open_client(plan["pds"] + "/personal-demographics/FHIR/R4"),
        f"{plan['pds']}/oauth2/token",
        SigningKey.from_pem(plan["pds_key"]),
        clocks,
    )
    queue = LeaseTable(units)
    around = Surroundings(
        cabinets=replace(
            cabinets, holdings=wire.around(cabinets.holdings, "holdings"), people=wire.around(cabinets.people, "people")
        ),
        queue=wire.around(queue, "queue"),
        rounds=RoundsTable(units),
        backlog=TableBacklog(units),
        keys=KeyRing(SigningKey.from_pem(plan["provider_key"])),
        pds=wire.around(pds, "pds"),
        surgeries=WiredSurgeries(surgeries, wire),
        alarms=wire.around(LoudAlarms(), "alarms"),
        pages=JinjaPages(),
        clocks=clocks,
    )
    settings = Settings(ProviderPolicy(plan["issuer"]), CredentialsPolicy())
    made = worker(settings, around, poll=timedelta(milliseconds=20))
    return replace(made, lease=LEASE), wire


async def settled(database: Database) -> None:
    """Return when no task is due and none runs."""
    due = (jobs.c.state == WAITING) & (jobs.c.due <= to_microseconds(Clocks().world.now()) + 1_000_000)
    busy = select(func.count()).select_from(jobs).where(or_(due, jobs.c.state == RUNNING))
    while await database.look(lambda connection: connection.execute(busy).scalar_one()):  # noqa: ASYNC110 - a table is asked
        await asyncio.sleep(0.02)


async def main(file: Path) -> None:
    """Work until nothing is left to do, or until the wire is touched."""
    plan = json.loads(file.read_text())  # noqa: ASYNC240 - before anything runs
    database, units = opened(plan["database"])
    made, wire = put_together(plan, database, units)
    stop = asyncio.Event()
    working = asyncio.create_task(made.run(stop))
    await settled(database)
    stop.set()
    await working
    sys.stdout.write("settled " + json.dumps(wire.calls) + "\n")
    database.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

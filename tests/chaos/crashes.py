"""One crash run: a person is to be registered, the worker dies on the way, another takes up what it left."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gpic.credentials.holding import Holding
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, Task, TaskKind
from gpic.credentials.trail import Whole
from gpic.jobs.lease_table import LeaseTable
from gpic.nhs.clock import Clocks
from gpic.sandbox.residents import settle_in
from gpic.sandbox.stage import Stage
from gpic.sandbox.surgeries import NHS_LOGIN, mapping_of
from gpic.sandbox.tally import tally
from gpic.storage.provider.cabinets import Cabinets
from gpic.storage.provider.sql.chaining import TrailChain
from gpic.storage.provider.sqlite import cabinets_on
from gpic.storage.sealing import Sealer
from tests.chaos.engine_that_dies import opened

DYING: Final = Path(__file__).parent / "engine_that_dies.py"
#: How often each port is called while a person of either kind is registered, at least: where a run can die.
CALLS: Final[Mapping[str, int]] = {"holdings": 6, "people": 3, "queue": 3, "pds": 1, "gp-system": 3}
#: With an account at EMIS and at TPP, and without one.
PEOPLE: Final = ("ada", "ben", "cleo", "dan")
LONGEST: Final = 60  #: seconds that a process may take


@dataclass(frozen=True, slots=True)
class Crash:
    """Where a run dies."""

    slug: str
    port: str
    at: int
    when: str


def drawn(seed: int) -> Crash:
    """The crash of a seed."""
    chance = random.Random(seed)  # noqa: S311 - runs that can be repeated
    port = chance.choice(sorted(CALLS))
    return Crash(chance.choice(PEOPLE), port, chance.randint(1, CALLS[port]), chance.choice(("before", "after")))


def every_crash() -> list[Crash]:
    """Each port, each call, before and after, for everybody."""
    return [
        Crash(slug, port, at, when)
        for slug in PEOPLE
        for port, most in CALLS.items()
        for at in range(1, most + 1)
        for when in ("before", "after")
    ]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the dying process is told."""

    database: str
    issuer: str
    pds: str
    systems: dict[str, str]
    mapping: str
    provider_key: str
    pds_key: str
    port: str = ""
    at: int = 0
    when: str = "before"


@dataclass(frozen=True, slots=True)
class Aftermath:
    """How it looks when another worker has taken up what was left."""

    was_killed: bool
    holding: Holding
    registrations: int  #: records of it in the audit trail
    accounts: int  #: live ones of this person at the GP systems
    is_current: bool  #: whether what is held is what the GP system has
    links: int  #: by NHS login; EMIS e-mails the patient at each
    trail: object

    @property
    def is_right(self) -> bool:
        """One account, its details stored, one audit trail; a crash may cost one link more."""
        return (
            self.holding.state is State.HELD
            and (self.registrations, self.accounts, self.is_current) == (1, 1, True)
            and self.links <= 2
            and isinstance(self.trail, Whole)
        )


async def run(crash: Crash, stage: Stage, plan: Plan, folder: Path) -> Aftermath:
    """Everything, against the stand-ins of *stage* and the database of *plan*, which is empty."""
    database, units = opened(plan.database)
    cabinets = cabinets_on(database, Sealer({"k1": bytes(32)}, "k1"), Clocks())
    try:
        await settle_in(stage.world, cabinets.accounts)
        person = await cabinets.accounts.person_of(stage.world.patient(crash.slug).number)
        assert person is not None
        await LeaseTable(units).enqueue(Task(TaskKind.REGISTER, person), datetime.now(UTC))
        died = await worked(replace(plan, port=crash.port, at=crash.at, when=crash.when), folder / "first.json")
        assert not await worked(plan, folder / "second.json"), "nobody killed the second worker"
        await TrailChain(database).seal()
        trail = await TrailChain(database).verify()
        return await looked_at(crash, stage, cabinets, died=died, trail=trail)
    finally:
        database.close()


async def looked_at(crash: Crash, stage: Stage, cabinets: Cabinets, *, died: bool, trail: object) -> Aftermath:
    """What is there now."""
    patient = stage.world.patient(crash.slug)
    person = await cabinets.accounts.person_of(patient.number)
    assert person is not None
    holding = await cabinets.holdings.load(person)
    records = [record.event for record in await cabinets.holdings.trail(person)]
    account = stage.world.account_of(crash.slug)
    lane = "EMIS" if crash.slug in {"ada", "ben"} else "TPP"
    held = holding.details.linkage_key.reveal() if holding.details else ""
    return Aftermath(
        was_killed=died,
        holding=holding,
        registrations=records.count(AuditEvent.REGISTERED),
        accounts=len(stage.world.accounts_of(crash.slug)),
        is_current=account is not None and held == account.linkage_key,
        links=tally(stage.journal.list(), NHS_LOGIN, lane).get("link", 0),
        trail=trail,
    )


async def worked(plan: Plan, file: Path) -> bool:
    """Let a worker run by this plan; whether it was killed."""
    file.write_text(json.dumps(asdict(plan)))  # noqa: ASYNC240 - before anything runs
    process = await asyncio.create_subprocess_exec(
        sys.executable, DYING, file, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        told, complaint = await asyncio.wait_for(process.communicate(), LONGEST)
    except TimeoutError:
        process.kill()
        raise
    assert told.startswith(b"settled") or process.returncode == -9, complaint.decode()
    return process.returncode == -9


def plan_for(stage: Stage, database: str, provider_key: str, pds_key: str) -> Plan:
    """What every process of a run is told."""
    return Plan(
        database=database,
        issuer=stage.addresses.provider,
        pds=stage.addresses.pds,
        systems={"emis": stage.addresses.emis, "tpp": stage.addresses.tpp},
        mapping=mapping_of(stage.world),
        provider_key=provider_key,
        pds_key=pds_key,
    )

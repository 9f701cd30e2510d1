"""PostgreSQL fails over to a standby: nothing acknowledged is lost, and nobody restarts anything (docs/how-to/deploy.md).

Two servers with streaming replication; a commit waits until the standby has it. The URL of the settings names both.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from gpic.credentials.holding import Holding, PersonId
from gpic.credentials.lifecycle import State
from gpic.credentials.ports import AuditEvent, AuditRecord, Task, TaskKind
from gpic.credentials.trail import Whole
from gpic.provider.ports import CabinetSilent
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.surgeries import NHS_LOGIN
from gpic.simulators.faults import Fault, Kind
from gpic.storage.policy import StoragePolicy
from gpic.storage.provider.sql.chaining import TrailChain
from gpic.wiring.cabinets import Store, opened
from tests.journeys.deployed import deployed
from tests.journeys.pair import Pair, pair_of_servers

pytestmark = [pytest.mark.anyio, pytest.mark.long, pytest.mark.timeout(300)]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """In step."""
    with pair_of_servers() as two:
        yield two


@dataclass
class Busy:
    """Somebody who registers one person after the other, and remembers what was acknowledged."""

    store: Store
    acknowledged: list[PersonId] = field(default_factory=list)
    silences: int = 0

    async def run(self) -> None:
        """Until cancelled; what the database could not do now is tried again."""
        for number in range(100_000):
            person = PersonId(f"person-{number}")
            while not await self.register(person):  # noqa: ASYNC110 - a database that will be back
                await asyncio.sleep(0.05)
            self.acknowledged.append(person)

    async def register(self, person: PersonId) -> bool:
        """A holding with its audit record, and a task; False where the database is silent."""
        now = datetime.now(UTC)
        record = AuditRecord(now, person, AuditEvent.REGISTERED, 1, why="created")
        try:
            # Stale: it was stored although nobody could say so.
            await self.store.cabinets.holdings.save(Holding(person, state=State.HELD), record)
            await self.store.queue.enqueue(Task(TaskKind.RECHECK, person), now)
        except CabinetSilent:
            self.silences += 1
            return False
        return True

    async def has_more_than(self, count: int) -> None:
        """Wait until so many were acknowledged."""
        async with asyncio.timeout(40):
            while len(self.acknowledged) <= count:  # noqa: ASYNC110 - counted in another task
                await asyncio.sleep(0.05)


@pytest.fixture
async def busy(pair: Pair, tmp_path: Path) -> AsyncIterator[Busy]:
    """At work on both."""
    with opened(StoragePolicy(pair.url, str(tmp_path / "provider.keys"))) as store:
        somebody = Busy(store)
        working = asyncio.create_task(somebody.run())
        yield somebody
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


async def test_nothing_acknowledged_is_lost(pair: Pair, busy: Busy) -> None:
    """N7, N8: holdings, audit trail and tasks; the store goes on by itself as soon as the standby is promoted."""
    await busy.has_more_than(30)
    await pair.fail_over()
    before = list(busy.acknowledged)
    await busy.has_more_than(len(before) + 20)

    assert busy.silences
    for person in before:
        assert State.HELD is (await busy.store.cabinets.holdings.load(person)).state
        assert 1 == len(await busy.store.cabinets.holdings.trail(person))
    assert set(before) <= await tasks_of(busy.store)


async def tasks_of(store: Store) -> set[PersonId]:
    """Whose tasks wait; each is claimed once."""
    found: list[PersonId] = []
    later = datetime.now(UTC) + timedelta(minutes=1)
    while claimed := await store.queue.claim(later, timedelta(minutes=5)):
        found.append(claimed.task.person)
    assert len(found) == len(set(found))
    return set(found)


async def test_the_audit_chain_goes_on_where_it_was(pair: Pair, busy: Busy) -> None:
    """N7: what was chained before the fail-over verifies after it, and the next links hang on it."""
    chain = TrailChain(busy.store.database)
    await busy.has_more_than(20)
    sealed = await chain.seal()
    await pair.fail_over()
    await busy.has_more_than(len(busy.acknowledged) + 5)
    sealed += await chain.seal()

    assert sealed > 20
    whole = await chain.verify()
    assert isinstance(whole, Whole)
    assert sealed <= whole.records


async def test_workers_go_on_with_the_standby(pair: Pair, tmp_path: Path, keys: SandboxKeys) -> None:
    """N8: a fail-over in the middle of registrations; one account each, and no worker is restarted."""
    async with deployed(tmp_path, pair.url, keys) as works:
        first, second = [await works.worker() for _ in range(2)]
        works.stage.faults.set(Fault(Kind.DELAY, "EMIS", "POST users/nhs", sender=NHS_LOGIN, seconds=2))
        await works.ask_for("ada", "ben", "cleo", "dan")
        await asyncio.sleep(0.5)
        await pair.fail_over()
        await works.all_held("ada", "ben", "cleo", "dan")

        assert [None, None] == [first.process.returncode, second.process.returncode]
        assert [["by-session"]] * 4 == [await works.registrations(slug) for slug in ("ada", "ben", "cleo", "dan")]
        assert (1, 1) == (works.calls("EMIS")["create"], works.calls("TPP")["create"])


def test_a_url_of_several_servers_takes_the_one_that_may_be_written_to(pair: Pair) -> None:
    """Whichever stands first."""
    turned = pair.url.replace(
        f"127.0.0.1:{pair.primary.port},127.0.0.1:{pair.standby.port}",
        f"127.0.0.1:{pair.standby.port},127.0.0.1:{pair.primary.port}",
    )
    for url in (pair.url, turned):
        with psycopg.connect(url) as connection:
            assert pair.primary.port == connection.info.port

"""A partition between a worker and its database, in the middle of work: nothing is registered twice, nobody is lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.surgeries import NHS_LOGIN
from gpic.simulators.faults import Fault, Kind
from tests.journeys.deployed import Deployed, deployed
from tests.postgresql import Server, serving
from tests.severed import Wire, wire_to

pytestmark = [pytest.mark.anyio, pytest.mark.long]

EVERYBODY = ("ada", "ben", "gus", "cleo", "dan")
WITHOUT_ACCOUNT = ("ben", "dan")


@pytest.fixture(scope="module")
def durable() -> Iterator[Server]:
    """A PostgreSQL that keeps what it has acknowledged."""
    with serving(()) as server:
        yield server


@pytest.fixture
async def cut_off(durable: Server, tmp_path: Path, keys: SandboxKeys) -> AsyncIterator[tuple[Deployed, Wire]]:
    """Workers reach the database by a wire; the test reaches it directly."""
    with durable.database() as url:
        async with wire_to(durable.port) as wire, deployed(tmp_path, url, keys) as there:
            text = there.settings.read_text(encoding="utf-8").replace(f":{durable.port}/", f":{wire.port}/")
            there.settings.write_text(text, encoding="utf-8")
            yield there, wire


async def all_is_well(there: Deployed) -> None:
    """Everybody is registered once, by the audit trail and by the accounts that the GP systems have opened."""
    await there.all_held(*EVERYBODY, seconds=60)
    assert [["by-session"]] * len(EVERYBODY) == [await there.registrations(slug) for slug in EVERYBODY]
    assert (1, 1) == (there.done("EMIS")["create"], there.done("TPP")["create"])
    assert all(there.stage.world.account_of(slug) is not None for slug in WITHOUT_ACCOUNT)


async def test_a_wire_that_is_cut_while_a_gp_system_is_asked(cut_off: tuple[Deployed, Wire]) -> None:
    """N8: the answer comes back to a worker without its database; once the wire is mended it goes on where it was saved."""
    there, wire = cut_off
    there.stage.faults.set(Fault(Kind.DELAY, "EMIS", "POST users/nhs", sender=NHS_LOGIN, seconds=1.5, only=1))
    worker = await there.worker()
    await there.ask_for(*EVERYBODY)
    async with asyncio.timeout(30):
        while not there.calls("EMIS").get("retrieve"):  # noqa: ASYNC110 - a journal
            await asyncio.sleep(0.02)
    wire.cut()
    await asyncio.sleep(4)  # longer than a lease, so that what it held is anybody's
    wire.mend()

    await all_is_well(there)
    assert worker.process.returncode is None, "a worker outlives a partition"


async def test_a_worker_that_is_cut_off_is_replaced_by_one_that_is_not(cut_off: tuple[Deployed, Wire]) -> None:
    """N8: its leases end, the other takes over, and whatever the first one still does counts for nothing (fences)."""
    there, wire = cut_off
    there.stage.faults.set(Fault(Kind.DELAY, "EMIS", "POST users/nhs", sender=NHS_LOGIN, seconds=6, only=1))
    await there.worker()
    await there.ask_for(*EVERYBODY)
    async with asyncio.timeout(30):
        while not there.calls("EMIS").get("retrieve"):  # noqa: ASYNC110 - a journal
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.3)
    wire.cut()
    there.settings.write_text(
        there.settings.read_text(encoding="utf-8").replace(f":{wire.port}/", f":{wire.target}/"), encoding="utf-8"
    )
    await there.worker()
    await there.all_held(*EVERYBODY, seconds=60)
    wire.mend()
    await asyncio.sleep(3)

    await all_is_well(there)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_wire_that_is_cut_again_and_again(cut_off: tuple[Deployed, Wire], seed: int) -> None:
    """N8, N10: at moments that chance chooses, among them in the middle of statements; the seed makes them the same."""
    there, wire = cut_off
    chance = random.Random(seed)  # noqa: S311 - to be had again
    await there.worker()
    await there.worker()
    await there.ask_for(*EVERYBODY)
    for _ in range(6):
        passed = wire.passed + chance.randrange(500, 15_000)
        for _ in range(100):
            if wire.passed >= passed:
                break
            await asyncio.sleep(0.01)
        wire.cut()
        await asyncio.sleep(chance.uniform(0.05, 0.6))
        wire.mend()

    await all_is_well(there)

"""Several `gpic worker` processes on one PostgreSQL: nothing is lost, nothing is done twice, whatever dies (issue's scale)."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.surgeries import NHS_LOGIN
from gpic.simulators.faults import Fault, Kind
from tests.journeys.deployed import Deployed, deployed
from tests.postgresql import Server, serving

pytestmark = [pytest.mark.anyio, pytest.mark.long]

EVERYBODY = ("ada", "ben", "gus", "cleo", "dan")


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A PostgreSQL that may be stopped."""
    with serving(()) as server:  # durable: what was answered survives a crash
        yield server


@pytest.fixture
async def works(own_server: Server, tmp_path: Path, keys: SandboxKeys) -> AsyncIterator[Deployed]:
    """Everybody has an account; nothing is held of anybody."""
    with own_server.database() as url:
        async with deployed(tmp_path, url, keys) as running:
            yield running


async def test_two_workers_share_the_work(works: Deployed) -> None:
    """N8: each person is registered once, whoever does it; SIGTERM drains and ends with 0."""
    first, second = [await works.worker() for _ in range(2)]
    await works.ask_for(*EVERYBODY)
    await works.all_held(*EVERYBODY)
    for one in (first, second):
        one.process.send_signal(signal.SIGTERM)

    assert [0, 0] == [await one.process.wait() for one in (first, second)]
    assert [["by-session"]] * len(EVERYBODY) == [await works.registrations(slug) for slug in EVERYBODY]
    assert (1, 1) == (works.calls("EMIS")["create"], works.calls("TPP")["create"])


async def test_a_worker_that_is_killed_is_replaced_by_the_other(works: Deployed) -> None:
    """SIGKILL in the middle of a registration: the lease ends, the other takes it up where it was; one account."""
    works.stage.faults.set(Fault(Kind.DELAY, "EMIS", "POST users/nhs", sender=NHS_LOGIN, seconds=5, only=1))
    first = await works.worker()
    await works.ask_for("ben")
    async with asyncio.timeout(20):
        while not works.calls("EMIS").get("retrieve"):  # noqa: ASYNC110 - a journal
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    first.process.kill()
    await works.worker()
    await works.all_held("ben")

    assert works.stage.world.account_of("ben") is not None
    assert ["by-session"] == await works.registrations("ben")


async def test_a_database_that_restarts_loses_nothing(works: Deployed, own_server: Server) -> None:
    """Stopped as by a crash and started again: the workers go on by themselves."""
    await works.worker()
    await works.ask_for("ada")
    await works.all_held("ada")
    own_server.stop("immediate")
    await asyncio.sleep(1)
    own_server.start()
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(Exception):
                await works.ask_for("cleo", "gus")
                break
            await asyncio.sleep(0.2)
    await works.all_held("cleo", "gus")

    assert [["by-session"]] * 3 == [await works.registrations(slug) for slug in ("ada", "cleo", "gus")]

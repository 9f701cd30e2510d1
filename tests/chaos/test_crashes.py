"""J17: the provider's worker is killed at any call of any of its ports while somebody is registered; nothing is lost.

Fifty runs by seed, on SQLite and on PostgreSQL; `./go chaos crash` makes a thousand, and each call of each port at least once.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.stage import Script, stage
from tests.chaos.crashes import Crash, drawn, plan_for, run
from tests.postgresql import Server

pytestmark = [pytest.mark.anyio, pytest.mark.long]

SEEDS = range(25)


@pytest.fixture(scope="session")
def keys() -> SandboxKeys:
    """RSA keys take a while to make."""
    return SandboxKeys()


async def survives(crash: Crash, database: str, keys: SandboxKeys, folder: Path) -> None:
    """One run, in a sandbox of its own."""
    async with stage(script=Script(keys=keys)) as everything:
        plan = plan_for(everything, database, keys.provider.private_pem, keys.pds.private_pem)
        aftermath = await run(crash, everything, plan, folder)
    assert aftermath.is_right, (crash, aftermath)


@pytest.mark.parametrize("seed", SEEDS)
async def test_on_sqlite_nothing_is_lost(seed: int, keys: SandboxKeys, tmp_path: Path) -> None:
    """J17: one account, its details stored, one audit trail."""
    await survives(drawn(seed), str(tmp_path / "provider.sqlite"), keys, tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
async def test_on_postgresql_nothing_is_lost(seed: int, keys: SandboxKeys, postgresql_server: Server, tmp_path: Path) -> None:
    """J17: the same, where a lease is held by a server that did not die."""
    with postgresql_server.database() as url:
        await survives(drawn(seed + len(SEEDS)), url, keys, tmp_path)


async def test_the_wire_kills(keys: SandboxKeys, tmp_path: Path) -> None:
    """A run that dies nowhere would show nothing."""
    async with stage(script=Script(keys=keys)) as everything:
        plan = plan_for(everything, str(tmp_path / "p.sqlite"), keys.provider.private_pem, keys.pds.private_pem)
        assert (await run(Crash("ada", "holdings", 1, "before"), everything, plan, tmp_path)).was_killed

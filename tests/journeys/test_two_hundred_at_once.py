"""J21: 200 people log in at one moment, one supplier is slow, and PDS answers five a second over all workers."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest

from gpic.credentials.lifecycle import State
from gpic.sandbox.keys import SandboxKeys
from gpic.sandbox.surgeries import NHS_LOGIN
from gpic.simulators.faults import Fault, Kind
from tests.journeys.deployed import Deployed, deployed
from tests.journeys.rush import Crowd, Visitor, p95
from tests.postgresql import Server

pytestmark = [pytest.mark.anyio, pytest.mark.long, pytest.mark.alone, pytest.mark.timeout(300)]

EMIS, TPP = "A99901", "B99901"
KNOWN: Final = {EMIS: 120, TPP: 50}
NEW: Final = {EMIS: 20, TPP: 10}
PER_SECOND: Final = 5
#: As if every login came an hour after the last one: it is checked in the background (N14), and nobody is back too soon (N16).
APART: Final = "[credentials]\ngood_check = 0\nforced_after_release = 0\n"
#: How much longer the 95th of a hundred known people may take than on a quiet day.
MOST: Final = 1.5
#: Seconds that a request which had its turn may take to the wire, on a machine at its limit.
ON_ITS_WAY: Final = 1.0
#: A machine with other work may bend a run; it cannot mend one in which people wait for one another.
TRIES: Final = 3


@dataclass
class Town:
    """A provider and two workers on PostgreSQL, and 170 people who were registered before."""

    there: Deployed
    crowd: Crowd
    known: list[Visitor]


@pytest.fixture
async def town(postgresql_server: Server, tmp_path: Path, keys: SandboxKeys) -> AsyncIterator[Town]:
    """The known are registered while PDS is quick; then everything is started as in production."""
    with postgresql_server.database() as url:
        async with deployed(tmp_path, url, keys, APART) as there:
            crowd = Crowd(there)
            known = [one for practice, count in KNOWN.items() for one in await crowd.gather(practice, count)]
            worker = await there.worker()
            await crowd.register(known)
            worker.process.send_signal(signal.SIGTERM)
            assert 0 == await worker.process.wait()
            quick = there.settings.read_text(encoding="utf-8")
            there.settings.write_text(quick.replace("per_second = 200", f"per_second = {PER_SECOND}"), encoding="utf-8")
            for _ in range(2):
                await there.worker()
            await there.provider()
            yield Town(there, crowd, known)


async def test_two_hundred_at_once(town: Town) -> None:
    """J21, N8, N14, N20: who is known hardly notices; who is new has the claim, but for those at the slow supplier."""
    await town.crowd.log_in(town.known)  # connections are opened, statements prepared
    amiss = ["not tried"]
    for _ in range(TRIES):
        if not amiss:
            break
        amiss = await what_is_amiss(town)
    assert [] == amiss


async def what_is_amiss(town: Town) -> list[str]:
    """A quiet run, then one with everything at once; what took too long in it. What must never be is asserted."""
    there, crowd = town.there, town.crowd
    await crowd.quiet()
    quiet = await crowd.log_in(town.known)
    await crowd.quiet()
    new = {practice: await crowd.gather(practice, count) for practice, count in NEW.items()}
    began = max(message.number for message in there.stage.journal.list())
    there.stage.faults.set(Fault(Kind.DELAY, "TPP", sender=NHS_LOGIN, seconds=4))
    visits = await crowd.log_in([*town.known, *new[EMIS], *new[TPP]])
    late = await crowd.states(new[TPP])
    there.stage.faults.clear()
    await crowd.quiet()

    has_claim = {one.visitor: one.has_claim for one in visits}
    assert all(has_claim[one] for one in town.known)
    assert not any(has_claim[one] for one in new[TPP])
    assert State.HELD not in late
    assert {State.HELD} == await crowd.states(new[EMIS] + new[TPP])
    assert_paced(there, began)
    ratio = p95(one for one in visits if one.visitor in set(town.known)) / p95(quiet)
    without = sum(not has_claim[one] for one in new[EMIS])
    return [f"known: {ratio:.2f} times a quiet run"] * (ratio > MOST) + [f"new, without claim: {without}"] * (without > 0)


def assert_paced(there: Deployed, since: int) -> None:
    """PDS was asked no faster than it allows, by two workers together; a try that met silence asks again (N12)."""
    looks = [
        one for one in there.stage.journal.list(after=since) if one.receiver == "PDS" and one.operation != "POST oauth2/token"
    ]
    asked: list[datetime] = sorted(one.at_wire for one in looks)
    assert len(asked) >= sum(NEW.values()) / 2, "some may be registered where the account says, but not all (N20)"
    assert (asked[-1] - asked[0]).total_seconds() >= (len(asked) - 1) / PER_SECOND - ON_ITS_WAY

"""A thousand checks at a supplier that takes 50 ms for each: how near they come to what the limit on calls at once allows.

Everything is a worker's, on SQLite: queue, shares, cabinets and audit trail; only the supplier is one that waits and says yes.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, NoReturn

from benchmarks.frame import Figure, main
from benchmarks.town import PRACTICE, Town, build, free_port
from gpic.credentials.holding import PersonId
from gpic.credentials.policy import CredentialsPolicy
from gpic.credentials.ports import NotOnPds, Surgery, Task, TaskKind
from gpic.credentials.shares import Shares
from gpic.jobs.worker import Worker
from gpic.jose.keys import KeyRing, SigningKey
from gpic.nhs.answers import Accepted, CheckAnswer, ShownPatient
from gpic.nhs.clock import Clocks
from gpic.nhs.credentials import Im1Token
from gpic.nhs.numbers import NhsNumber
from gpic.nhs.organisations import OdsCode
from gpic.provider.policy import ProviderPolicy
from gpic.settings import Settings
from gpic.web.pages import JinjaPages
from gpic.wiring.cabinets import Store, opened
from gpic.wiring.process_file import WorkerTable
from gpic.wiring.provider import Surroundings, worker

CHECKS: Final = 1000
TAKES: Final = 0.05  #: seconds
AT_ONCE: Final = WorkerTable().of_one_supplier
ROUNDS: Final = 3


class NotAsked(Exception):
    """A check with an own token asks its supplier to open a session, and nothing else of anybody."""


@dataclass(slots=True)
class Slow:
    """A supplier that takes its time, and shows the right patient."""

    numbers: dict[str, NhsNumber]
    now: int = 0
    most: int = 0

    async def check(self, token: Im1Token, _practice: OdsCode) -> CheckAnswer:
        """Accepted, after a while."""
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(TAKES)
        self.now -= 1
        return Accepted(ShownPatient(frozenset({self.numbers[token.fingerprint]})))

    async def _not_asked(self, *_: object) -> NoReturn:
        raise NotAsked

    retrieve = open_account = link = verify_anew = _not_asked


@dataclass(frozen=True, slots=True)
class Nobody:
    """PDS, a directory of one practice, and alarms that nobody hears."""

    slow: Slow
    raised: list[PersonId] = field(default_factory=list)

    def system_of(self, practice: OdsCode) -> Surgery | None:
        """The slow one's."""
        return Surgery("emis", self.slow) if practice == PRACTICE else None

    async def look_up(self, _number: NhsNumber) -> NotOnPds:
        """Nobody asks."""
        raise NotAsked

    def wrong_patient(self, person: PersonId) -> None:
        """Would be a mistake of ours."""
        self.raised.append(person)


def hands(store: Store, slow: Slow, key: SigningKey, issuer: str) -> Worker:
    """A worker as `gpic worker` has it."""
    nobody, clocks, table = Nobody(slow), Clocks(), WorkerTable()
    around = Surroundings(
        cabinets=store.cabinets,
        queue=store.queue,
        rounds=store.rounds,
        backlog=store.backlog,
        keys=KeyRing(key),
        pds=nobody,
        surgeries=nobody,
        alarms=nobody,
        pages=JinjaPages(),
        clocks=clocks,
        pauses=store.pauses,
    )
    made = worker(Settings(ProviderPolicy(issuer), CredentialsPolicy()), around)
    cabinets, most = store.cabinets, table.of_one_supplier
    shares = Shares(cabinets.holdings, cabinets.people, nobody, clocks.world, most, asyncio.sleep, time.monotonic)
    return replace(
        made, carry=shares.tasks(made.carry), concurrency=table.at_once, for_logins=table.for_logins, lease=table.lease
    )


async def took(store: Store, people: Sequence[PersonId], made: Worker) -> float:
    """Seconds from when everybody is due until nothing waits."""
    due = Clocks().world.now()
    for person in people:
        await store.queue.enqueue(Task(TaskKind.RECHECK, person), due)
    stop, began = asyncio.Event(), time.perf_counter()
    working = asyncio.create_task(made.run(stop))
    while await store.backlog.waiting(TaskKind.RECHECK):  # noqa: ASYNC110 - a table
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - began
    stop.set()
    await working
    return seconds


async def rechecks() -> Sequence[Figure]:
    """Checks per second, against the supplier's share ÷ 50 ms."""
    with tempfile.TemporaryDirectory(prefix="gpic-bench-") as name:
        town = Town(Path(name), free_port(), SigningKey.generate(), CHECKS)
        await build(town)
        with opened(town.storage) as store:
            people = [PersonId(f"person-{who:09}") for who in range(CHECKS)]
            numbers: dict[str, NhsNumber] = {}
            for person in people:
                holding, who = await store.cabinets.holdings.load(person), await store.cabinets.people.find(person)
                if holding.token is None or who is None:
                    raise AssertionError(person)
                numbers[holding.token.fingerprint] = who.nhs_number
            slow = Slow(numbers)
            made = hands(store, slow, town.key, town.issuer)
            seconds = sorted([await took(store, people, made) for _ in range(ROUNDS)])
            await everybody_was_checked(store, people)
    if slow.most > AT_ONCE:
        raise AssertionError(f"{slow.most} calls at once, and {AT_ONCE} are allowed")
    allowed, median = CHECKS * TAKES / AT_ONCE, seconds[len(seconds) // 2]
    return [Figure("rechecks.sqlite", allowed / median, CHECKS / median, CHECKS / allowed)]


async def everybody_was_checked(store: Store, people: Sequence[PersonId]) -> None:
    """Each check is stamped; raises AssertionError."""
    for person in people:
        checked = (await store.cabinets.holdings.load(person)).checked_at
        if checked is None or checked > Clocks().world.now() + timedelta(hours=1):
            raise AssertionError(person)


if __name__ == "__main__":
    main(rechecks)
